import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFixtures, buildScenarios, runScenario, type ChildOptions, type ChildResult } from './testing.ts';

let fixtures: Awaited<ReturnType<typeof buildFixtures>>;
let scenarios: string;
beforeAll(async () => {
  fixtures = await buildFixtures(['samples']);
  scenarios = await buildScenarios(fixtures.folder, 'lifetime.scenarios.ts');
}, 60_000);
afterAll(() => fixtures.remove());

const play = (name: string, options: ChildOptions = {}): Promise<ChildResult> =>
  runScenario(scenarios, name, [fixtures.pathOf('samples')], { network: true, ...options });

const printUncaught = `process.on('uncaughtException', (error) => console.log('uncaught: ' + error.message));`;

describe('a process', () => {
  it('ends by itself once its reader is closed', async () => {
    expect(await play('closed')).toEqual({ code: 0, signal: null, stdout: '10\n', stderr: '' });
  });

  it('may exit with a reader, a link and unread samples left open', async () => {
    const child = await play('abandoned', { after: 'process.exit(7);' });
    expect(child).toEqual({ code: 7, signal: null, stdout: 'true\n', stderr: '' });
  });

  it('ends with the error that onSamples throws', async () => {
    const child = await play('throwing');
    expect(child).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(child.stderr).toContain('Error: call 1');
  });

  it('may catch what onSamples throws and goes on reading', async () => {
    const child = await play('throwing', { before: printUncaught });
    expect(child).toEqual({ code: 0, signal: null, stdout: 'uncaught: call 1\nuncaught: call 2\n2\n', stderr: '' });
  });

  it('closes an object although onSamples throws at its last samples', async () => {
    const child = await play('throwingAtClose', { before: printUncaught });
    expect(child).toEqual({ code: 0, signal: null, stdout: 'uncaught: at close\n"closed"\n', stderr: '' });
  });
});

describe('a worker', () => {
  it('may exit with everything open', async () => {
    const child = await play('workerExits');
    expect(child).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(JSON.parse(child.stdout)).toEqual({ ends: [0, 0, 0, 0, 0], samples: 10 });
  });

  it('may be terminated while samples stream in', async () => {
    const child = await play('workersTerminated');
    expect(child).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(JSON.parse(child.stdout)).toEqual({ ends: [1], samples: 10 });
  }, 30_000);
});
