/**
 * Reads a vitest JSON report and the exit status of its run. Prints "passed failed skipped", then a line for each test
 * that failed or was skipped. A run that failed although no test did (a file that does not load, a crash) counts as one.
 */
import { existsSync, readFileSync } from 'node:fs';

const [report = '', suite = '', status = '1'] = process.argv.slice(2);
const { testResults } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { testResults: [] };

const tests = testResults.flatMap((file) => file.assertionResults);
const passed = tests.filter((test) => test.status === 'passed');
const failed = tests.filter((test) => test.status === 'failed');
const skipped = tests.filter((test) => !['passed', 'failed'].includes(test.status));
const broken = testResults
  .filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'))
  .map((file) => `${file.name.replace(`${process.cwd()}/`, '')} does not run`);
if (status !== '0' && failed.length === 0 && broken.length === 0) broken.push(`ended with status ${status}`);
if (tests.length === 0 && broken.length === 0) broken.push('has no tests');

const lines = [
  ...broken.map((reason) => `failed: ${suite}: ${reason}`),
  ...failed.map((test) => `failed: ${suite}: ${test.fullName}`),
  ...skipped.map((test) => `skipped: ${suite}: ${test.fullName}`),
];
console.log([`${passed.length} ${failed.length + broken.length} ${skipped.length}`, ...lines].join('\n'));
