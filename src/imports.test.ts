import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, it, test } from 'vitest';

/**
 * Which file may import what: this table is the architecture. The longest `from` that a path begins with decides; what
 * is imported must begin with one of `to`. Packages and node modules count by name, system headers with their "<".
 * `pure` modules compute and do nothing else: no clock, no socket, no file, no addon.
 */
const pure = ['zod', 'yaml'];
const kernelHeaders = ['<linux/', '<bpf/'];
const roleParts = ['src/abi/', 'src/base/', ...pure];
const roleEdge = [...roleParts, 'native/index.ts', 'node:', 'pino'];
const service = ['fastify', '@fastify/'];
const sharedWithPage = ['src/sink/messages.ts', 'src/sink/live-frame.ts'];

const rules: Readonly<Record<string, readonly string[]>> = {
  'bpf/abi/': ['bpf/abi/', '<linux/types.h>'],
  'bpf/lib/': ['bpf/lib/', 'bpf/abi/', ...kernelHeaders],
  'bpf/source_tc/': ['bpf/source_tc/', 'bpf/lib/', 'bpf/abi/', ...kernelHeaders],
  'bpf/sink_xdp/': ['bpf/sink_xdp/', 'bpf/lib/', 'bpf/abi/', ...kernelHeaders],
  // The addon moves bytes; wire.h, which knows what INT is, is not for it.
  'native/src/': ['native/src/', 'bpf/abi/records.h', '<'],
  'native/testdata/': kernelHeaders,
  'native/': ['native/', 'node:'],

  'src/abi/': ['src/abi/', 'zod'],
  'src/abi/cli.ts': ['src/abi/', 'src/base/', 'node:'],
  'src/base/': ['src/base/', ...pure],
  'src/base/serve.ts': ['src/base/', 'node:'],
  'src/base/config-file.ts': ['src/base/', 'node:fs'],
  'src/base/kernel.ts': ['src/base/', 'src/abi/layout.gen.ts', 'native/index.ts'],
  // The one default that both commands take from the wire format: its port.
  'src/base/option-schemas.ts': ['src/base/', 'src/abi/layout.gen.ts', ...pure],
  'src/source/': ['src/source/', ...roleParts],
  'src/source/app.ts': ['src/source/', ...roleParts, ...service],
  'src/source/resolve.ts': ['src/source/', ...roleParts, 'node:dns/promises'],
  'src/source/source.ts': ['src/source/', ...roleEdge],
  'src/source/cli.ts': ['src/source/', ...roleEdge, 'commander'],
  'src/sink/': ['src/sink/', ...roleParts],
  'src/sink/messages.ts': ['zod'],
  'src/sink/live-frame.ts': ['zod', 'src/sink/messages.ts'],
  'src/sink/app.ts': ['src/sink/', ...roleEdge, ...service],
  'src/sink/routes.ts': ['src/sink/', ...roleParts, ...service],
  'src/sink/live.ts': ['src/sink/', ...roleEdge, ...service],
  'src/sink/sink.ts': ['src/sink/', ...roleEdge],
  'src/sink/cli.ts': ['src/sink/', ...roleEdge, 'commander'],
  'src/demo/': ['src/demo/', 'src/base/', 'src/sink/messages.ts', 'node:', 'commander', 'zod'],
  'src/imports.test.ts': [],
  'src/readme.test.ts': ['src/abi/layout.gen.ts', 'src/base/counters.ts', 'node:'],
  'src/cli.ts': ['src/source/cli.ts', 'src/sink/cli.ts', 'src/demo/cli.ts', 'src/base/', 'node:', 'commander'],

  'web/': ['web/', ...sharedWithPage, 'preact', 'uplot', 'zod'],
  'web/vite.config.ts': ['vite'],
  // The page explains every reason that the kernel side counts: its test compares the two lists.
  'web/src/reasons.test.ts': ['web/', 'src/abi/layout.gen.ts'],

  // Network tests drive the built programs and read what these say; only program tests load BPF themselves.
  'test/netns/': ['test/netns/', 'src/base/', ...sharedWithPage, 'node:', 'vitest', 'zod'],
  'test/netns/page.ts': ['node:', 'playwright-core', 'vitest'],
  'test/netns/prog': ['test/netns/', 'src/abi/', 'src/base/', 'src/sink/', 'native/index.ts', 'node:'],
};

type Source = { readonly path: string; readonly text: string };

/** One sentence for each import that no rule allows. */
function violations(sources: readonly Source[]): string[] {
  const paths = new Set(sources.map(({ path }) => path));
  return sources.flatMap(({ path, text }) => {
    const from = Object.keys(rules)
      .filter((prefix) => path.startsWith(prefix))
      .reduce((longest, prefix) => (prefix.length > longest.length ? prefix : longest), '');
    const allowed = rules[from];
    if (allowed === undefined) return [`${path}: no rule says what it may import`];
    return (/\.tsx?$/.test(path) ? importsOf(path, text) : includesOf(path, text, paths))
      .filter((target) => !allowed.some((prefix) => target.startsWith(prefix)))
      .filter((target) => !(isTest(path) && isOutside(target)))
      .map((target) => `${path} may not import ${target}`);
  });
}

/** A test may use any tool; of our own modules only those that the file beside it may. */
const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path) || /^test\/.*config\.ts$/.test(path);
const isOutside = (target: string): boolean => !/^(?:bpf|native|src|test|web)\//.test(target);

function importsOf(path: string, text: string): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles.map(({ fileName }) =>
    fileName.startsWith('.') ? posix.join(posix.dirname(path), fileName) : fileName,
  );
}

function includesOf(path: string, text: string, paths: ReadonlySet<string>): string[] {
  return [...text.matchAll(/^\s*#\s*include\s+(?:"([^"]+)"|(<[^>]+>))/gm)].map(([, quoted = '', system]) => {
    if (system !== undefined) return system;
    // The include paths of bpf/Makefile and native/binding.gyp.
    const candidates = [posix.join(posix.dirname(path), quoted), `bpf/${quoted}`, `bpf/abi/${quoted}`];
    return candidates.find((candidate) => paths.has(candidate)) ?? `"${quoted}"`;
  });
}

function readSources(): Source[] {
  const root = new URL('../', import.meta.url);
  return ['bpf', 'native', 'src', 'test/netns', 'web'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name}`)
      .filter((path) => /\.(?:tsx?|[ch]|cc)$/.test(path) && !path.startsWith('native/build/'))
      // Helpers of the network tests in C are programs of their own.
      .filter((path) => !(path.startsWith('test/') && /\.[ch]$/.test(path)))
      .map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') })),
  );
}

describe('the import rules', () => {
  it('hold for every file', () => {
    expect(violations(readSources())).toEqual([]);
  });

  it('name files that exist', () => {
    const paths = readSources().map(({ path }) => path);
    const idle = Object.keys(rules).filter((from) => !paths.some((path) => path.startsWith(from)));
    expect(idle).toEqual([]);
  });

  test.each([
    ['src/sink/decode.ts', "import { x } from '../source/flows.ts';", 'src/source/flows.ts'],
    ['src/sink/decode.ts', "import type { BpfMap } from '../../native/index.ts';", 'native/index.ts'],
    ['src/sink/decode.ts', "import { readFile } from 'node:fs';", 'node:fs'],
    ['src/sink/decode.test.ts', "import { x } from '../source/flows.ts';", 'src/source/flows.ts'],
    ['src/base/time.ts', "export * from '../abi/layout.gen.ts';", 'src/abi/layout.gen.ts'],
    ['src/source/flows.ts', "const x = await import('fastify');", 'fastify'],
    ['web/src/main.tsx', "import '../../src/sink/app.ts';", 'src/sink/app.ts'],
    ['test/netns/strip.test.ts', "import { BpfObject } from '../../native/index.ts';", 'native/index.ts'],
    ['bpf/sink_xdp/strip.h', '#include "source_tc/maps.h"', 'bpf/source_tc/maps.h'],
    ['bpf/lib/parse.h', '#include <stdio.h>', '<stdio.h>'],
    ['native/src/addon.cc', '# include "wire.h"', 'bpf/abi/wire.h'],
    ['native/src/addon.cc', '#include "absent.h"', '"absent.h"'],
  ])('refuse that %s says %s', (path, text, target) => {
    const known = ['bpf/source_tc/maps.h', 'bpf/abi/wire.h'].map((header) => ({ path: header, text: '' }));
    expect(violations([{ path, text }, ...known])).toEqual([`${path} may not import ${target}`]);
  });

  test.each([
    ['src/sink/decode.ts', "import { readRecord } from '../abi/layout.gen.ts';\nimport { z } from 'zod';"],
    ['src/sink/decode.test.ts', "import { it } from 'vitest';\nimport { readFileSync } from 'node:fs';"],
    ['bpf/lib/parse.h', '#include <linux/ip.h>\n// #include <stdio.h>'],
  ])('allow what %s needs', (path, text) => {
    expect(violations([{ path, text }])).toEqual([]);
  });

  it('want a rule for every new place', () => {
    expect(violations([{ path: 'src/new/file.ts', text: '' }])).toEqual([
      'src/new/file.ts: no rule says what it may import',
    ]);
  });
});
