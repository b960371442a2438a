/** Gives the part of a config that says where the store of a new box is. */
export type StorePlace = () => Promise<Readonly<Record<string, unknown>>>;

/** SQLite in the box's own folder, as the stage has it anyway. */
export const inItsFolder: StorePlace = async () => ({});
