// What the addon's tests share: fixtures built with clang, and children that run a scenario in a process of its own.
import { execFile, spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');

export type Fixture = 'basic' | 'foreign' | 'refused' | 'samples';

/** Compiles the BPF programs of testdata/ into a new folder. */
export async function buildFixtures(names: readonly Fixture[]) {
  const folder = await mkdtemp(join(tmpdir(), 'hostint-native-'));
  // asm/types.h lives in the multiarch folder, which clang's BPF target does not search.
  const { stdout: multiarch } = await run('cc', ['-print-multiarch']);
  const pathOf = (name: Fixture): string => join(folder, `${name}.bpf.o`);
  for (const name of names) {
    const include = `/usr/include/${multiarch.trim()}`;
    const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-Wall', '-Werror', '-isystem', include];
    await run('clang', [...flags, '-c', join(here, 'testdata', `${name}.bpf.c`), '-o', pathOf(name)]);
  }
  return { folder, pathOf, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Compiles index.ts and one file of scenarios for plain Node into `folder`; returns the scenarios' URL. */
export async function buildScenarios(folder: string, file: string): Promise<string> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const modules = [
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--types',
    'node',
    '--rewriteRelativeImportExtensions',
  ];
  const sources = ['index.ts', 'testing.ts', file].map((name) => join(here, name));
  const output = ['--noCheck', '--ignoreConfig', '--rootDir', root, '--outDir', folder];
  await run('node', [compiler, ...modules, ...output, ...sources], { cwd: root });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await copyFile(join(root, 'dist/native/hostint.node'), join(folder, 'native/hostint.node'));
  return pathToFileURL(join(folder, 'native', file.replace(/ts$/, 'js'))).href;
}

export interface ChildOptions {
  /** In a network namespace of its own. */
  readonly network?: boolean;
  readonly nodeOptions?: readonly string[];
  /** Statements of the child before and after the scenario. */
  readonly before?: string;
  readonly after?: string;
}

export interface ChildResult {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the function `name` of the scenarios at `url`; its result comes as one line of JSON, the last but `after`'s. */
export function runScenario(
  url: string,
  name: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<ChildResult> {
  const script = [
    options.before ?? '',
    'const [url, name, ...args] = process.argv.slice(1);',
    'const scenarios = await import(url);',
    'console.log(JSON.stringify(await scenarios[name](...args)) ?? "");',
    options.after ?? '',
  ].join('\n');
  const node = ['node', ...(options.nodeOptions ?? []), '--input-type=module', '-e', script, url, name, ...args];
  const [program = '', ...rest] = options.network === true ? ['unshare', '-n', '-m', ...node] : node;
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Resolves once `condition` holds; rejects after ten seconds. */
export async function waitUntil(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

export function readU64(bytes: Uint8Array | undefined, offset = 0): bigint {
  if (bytes === undefined) throw new Error('no such entry');
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset, true);
}
