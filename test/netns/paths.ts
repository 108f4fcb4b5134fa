import { fileURLToPath } from 'node:url';

/** The built command line, as a user runs it. */
export const HOSTINT_CLI = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url));
export const TRAFFIC_CLI = fileURLToPath(new URL('../../dist/src/demo/traffic/cli.js', import.meta.url));

/** Both lie in /run, which `run` made private to this run of the tests. */
export const TOOLS_DIRECTORY = '/run/hostint-test/tools';
export const WORK_DIRECTORY = '/run/hostint-test/work';
