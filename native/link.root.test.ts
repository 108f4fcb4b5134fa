import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFixtures, buildScenarios, runScenario, type ChildOptions } from './testing.ts';

let fixtures: Awaited<ReturnType<typeof buildFixtures>>;
let scenarios: string;
beforeAll(async () => {
  fixtures = await buildFixtures(['basic', 'foreign']);
  scenarios = await buildScenarios(fixtures.folder, 'links.scenarios.ts');
}, 60_000);
afterAll(() => fixtures.remove());

async function play(name: string, args: readonly string[] = [], options: ChildOptions = {}): Promise<unknown> {
  const child = await runScenario(scenarios, name, [fixtures.pathOf('basic'), ...args], { network: true, ...options });
  expect(child).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(child.stdout);
}

describe('a link', () => {
  it.each([
    ['native', 'xdp'],
    ['generic', 'xdpgeneric'],
  ])('runs a program as %s XDP until closed', async (mode, shown) => {
    expect(await play('xdp', [mode])).toEqual({
      mode,
      attached: true,
      shown,
      after: false,
      shownAfter: '',
      silent: true,
    });
  });

  it.each([
    ['auto', 'tcx'],
    ['tcx', 'tcx'],
    ['clsact', 'clsact'],
  ])('runs a program at TC egress until closed: asked for %s, got %s', async (wanted, mode) => {
    expect(await play('tcEgress', [wanted])).toEqual({
      mode,
      attached: true,
      counted: 1,
      after: false,
      countedAfter: 1,
      qdisc: false,
    });
  });

  it('lives beside other filters and leaves them in place', async () => {
    expect(await play('neighbours', [fixtures.pathOf('foreign')])).toEqual({
      // The first filter ends the packet's way with TC_ACT_OK.
      both: { attached: [true, true], filters: 2, counted: 1 },
      one: { attached: [false, true], filters: 1, clsact: true },
      filters: 0,
      clsact: true,
      foreign: true,
    });
  });

  it('knows when its filter was removed, and does not remove what stands there instead', async () => {
    expect(await play('replaced', [fixtures.pathOf('foreign')])).toEqual({ attached: false, foreign: true });
  });

  it('knows when its interface is gone and closes all the same', async () => {
    expect(await play('vanish')).toEqual({
      before: [true, true, true, true],
      after: [false, false, false, false],
      closed: [false, false, false, false],
    });
  });

  it('is closed with its object', async () => {
    expect(await play('parent')).toEqual({ attached: [false, false, false], xdp: '', qdisc: false });
  });

  it('outlives its handle', async () => {
    const options = { nodeOptions: ['--expose-gc'] };
    expect(await play('forgotten', [], options)).toEqual({ collected: true, xdp: true });
  });

  it('says why it cannot be', async () => {
    expect(await play('conflicts')).toEqual({
      occupied: expect.stringMatching(/^EBUSY: attach xdp_pass as XDP to interface \d+: Device or resource busy/),
      absent: 'ENODEV: attach xdp_pass as XDP to interface 99999: No such device',
      absentTc: 'ENODEV: attach tc_pass to TC egress of interface 99999: No such device',
      absentClsact: expect.stringMatching(/^ENODEV: attach tc_pass to TC egress of interface 99999: No such device/),
      unsupported: expect.stringMatching(/^EOPNOTSUPP: attach xdp_pass as XDP to interface 1: /),
      wrongType: expect.stringMatching(/^\w+: attach xdp_pass to TC egress of interface \d+: /),
    });
  });
});
