/**
 * The groups of tests. `together`: one process for all files, or so many `processes` that share them, which
 * is fast and for tests that only use what they made. Otherwise each file has its own process, at most `atOnce` of them.
 * `seconds`: about how long some of its files take, so that the processes end together; any other takes ten.
 * `minutes`: after that long the group is ended and has failed; `boundedMinutes`: in `npm test`.
 */
export const groups = {
  unit: {
    says: "pure code and single parts, beside their sources",
    glob: "{core,registration}/**/*.test.ts",
    together: true,
    processes: 2,
    minutes: 4,
  },
  bridges: {
    says: "the same of each network's adapter, by its real library against its server",
    glob: "bridges/**/*.test.ts",
    together: true,
    processes: 3,
    minutes: 4,
  },
  suites: {
    says: "contract, conformance of the sandbox, network servers, architecture, generated files",
    glob: "test/**/*.test.ts",
    together: true,
    minutes: 4,
  },
  journeys: {
    says: "a user's whole story each, on the sandbox homeserver",
    glob: "test/journeys/*.journey.ts",
    together: true,
    processes: 4,
    minutes: 4,
  },
  long: {
    says: "journeys that take their time: an absence, a cut line, several accounts, a whole life",
    glob: "test/journeys/*.long.ts",
    together: true,
    processes: 3,
    minutes: 10,
  },
  security: {
    says: "what others must not be able to do, at the wire",
    glob: "test/security/*.security.ts",
    together: true,
    processes: 3,
    minutes: 3,
  },
  faults: {
    says: "killed, cut off, full, lied to: nothing lost, nothing doubled",
    glob: "test/faults/*.fault.ts",
    // The worst of each kind once; all of them, each network's own and files on their way in `npm run faults`.
    boundedGlob:
      "test/faults/{burst,disk-full,failpoints,homeserver,random-kills,transactions,words}.fault.ts",
    together: true,
    processes: 3,
    seconds: {
      "failpoints.fault.ts": 225,
      "acts.fault.ts": 105,
      "random-kills.fault.ts": 95,
      "roster.fault.ts": 80,
      "beside.fault.ts": 50,
      "queued.fault.ts": 45,
      "double-puppet.fault.ts": 35,
      "media.fault.ts": 30,
      "discord-network.fault.ts": 25,
      "failing-places.fault.ts": 25,
      "spaces.fault.ts": 25,
      "slack-network.fault.ts": 25,
      "ensures.fault.ts": 20,
      "telegram-network.fault.ts": 20,
      "burst.fault.ts": 15,
      "homeserver.fault.ts": 15,
      "reaction-line.fault.ts": 15,
    },
    minutes: 20,
    boundedMinutes: 5,
  },
  e2e: {
    says: "real servers: Synapse, IRC servers, PostgreSQL with every fault, Chromium; the steps of the Dockerfile",
    glob: "test/{e2e,docker}/*.e2e.ts",
    atOnce: 1,
    minutes: 30,
  },
};

/**
 * What `npm test` runs: one row after the other, in each several lines at once, because most of a group's time it
 * waits. Its faults are a bounded set (`FAULTS=bounded`).
 */
export const usual = [
  [["unit"], ["suites"], ["bridges"]],
  [["journeys"]],
  [["security"], ["faults"]],
];

/** Groups that have no file yet. Any other group without a test has failed. */
export const stillEmpty = new Set([]);
