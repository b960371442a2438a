import { oddTransactions } from "./odd-transactions.ts";

oddTransactions();
