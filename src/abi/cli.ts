/** Prints the files that are generated from bpf/abi, or with --check compares them with the committed ones. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { machine, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, operationError } from '../base/errors.ts';
import { parseBtf } from './btf.ts';
import { printCheck, printTypeScript } from './generate.ts';

function main(check: boolean): number {
  const btf = parseBtf(dumpBtf());
  const files = [
    { path: 'src/abi/layout.gen.ts', text: printTypeScript(btf) },
    { path: 'native/src/layout_check.gen.h', text: printCheck(btf) },
  ];
  if (!check) {
    for (const { path, text } of files) writeFileSync(path, text);
    return 0;
  }
  const stale = files.filter(({ path, text }) => !existsSync(path) || readFileSync(path, 'utf8') !== text);
  for (const { path, text } of stale) console.error(`${path} ${firstDifference(path, text)}; run \`npm run gen\``);
  return stale.length === 0 ? 0 : 1;
}

function dumpBtf(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hostint-gen-'));
  try {
    const object = join(directory, 'layout.o');
    // Debian keeps asm/types.h, which linux/types.h includes, under the machine's own name.
    const machineHeaders = `/usr/include/${machine()}-linux-gnu`;
    const flags = ['-target', 'bpf', '-g', '-O2', '-Wall', '-Werror', '-idirafter', machineHeaders];
    run('clang', [...flags, '-c', 'bpf/abi/layout.bpf.c', '-o', object]);
    return run(findBpftool(), ['-j', 'btf', 'dump', 'file', object]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Ubuntu's bpftool in PATH is a script that refuses kernels without a package of their own; the real one is in linux-tools. */
function findBpftool(): string {
  const tools = readdirSync('/usr/lib').filter((name) => name.startsWith('linux-tools'));
  const directories = tools.flatMap((name) => {
    const directory = join('/usr/lib', name);
    return [directory, ...readdirSync(directory).map((child) => join(directory, child))];
  });
  // Only root's PATH holds /usr/sbin, and reading an object file needs no root.
  return (
    [...directories, '/usr/sbin'].map((directory) => join(directory, 'bpftool')).find((path) => existsSync(path)) ??
    'bpftool'
  );
}

function run(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (cause) {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const cure = absent ? '`sudo scripts/setup test` installs it' : 'its own message is above';
    throw operationError({ operation: 'run', object: command, cause, cure });
  }
}

function firstDifference(path: string, text: string): string {
  if (!existsSync(path)) return 'is missing';
  const committed = readFileSync(path, 'utf8').split('\n');
  const fresh = text.split('\n');
  const line = fresh.findIndex((value, index) => value !== committed[index]);
  const at = line === -1 ? fresh.length : line;
  return `differs in line ${at + 1}: committed "${committed[at] ?? ''}", generated "${fresh[at] ?? ''}"`;
}

try {
  process.exitCode = main(process.argv.includes('--check'));
} catch (thrown) {
  console.error(describe(thrown));
  process.exitCode = 1;
}
