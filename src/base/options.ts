/** A command's options from its flags and its YAML file, checked by one zod schema. A flag beats the file. */
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { usageError, type HostintError } from './errors.ts';

export type OptionSources = {
  /** As in "hostint sink": whom the messages speak of. */
  readonly command: string;
  /** By camelCase name; undefined ones were not given. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** The text of --config's file and its path. */
  readonly file?: { readonly path: string; readonly text: string };
};

/** The options with the schema's defaults; throws a usage error of one sentence for the first thing wrong. */
export function readOptions<Schema extends z.ZodType>(schema: Schema, sources: OptionSources): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(sources.flags).filter(([, value]) => value !== undefined));
  const fromFile = sources.file === undefined ? {} : parseFile(sources.file);
  const values = { ...fromFile, ...given };
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  throw refusal(sources, given, values, result.error.issues);
}

function parseFile({ path, text }: { readonly path: string; readonly text: string }): object {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    const [cause = 'no YAML'] = error instanceof Error ? error.message.split('\n') : [];
    throw usageError({ operation: 'read config', object: path, cause, cure: 'correct the YAML' });
  }
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value;
  throw usageError({ operation: 'read config', object: path, cause: 'it is no list of `option: value` lines' });
}

function refusal(
  { command, file }: OptionSources,
  given: Readonly<Record<string, unknown>>,
  values: object,
  issues: readonly z.core.$ZodIssue[],
): HostintError {
  // A misspelt name is often why another option is missing, so it is told first.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) return usageError({ operation: 'read options of', object: command, cause: 'unknown cause' });
  const name = String(issue.path[0] ?? '');
  const where = file !== undefined && !(name in given) ? ` in ${file.path}` : '';
  if (issue.code === 'unrecognized_keys')
    return usageError({
      operation: 'read config',
      object: file?.path ?? '',
      cause: `${command} has no option ${issue.keys.map((key) => `"${key}"`).join(', ')}`,
      cure: `see ${command} --help; names in the file are in camelCase`,
    });
  if (name === '') return usageError({ operation: 'read options of', object: command, cause: issue.message });
  if (!(name in values))
    return usageError({ operation: 'read options of', object: command, cause: `--${kebab(name)} is missing` });
  return usageError({ operation: 'read option', object: `--${kebab(name)}${where}`, cause: issue.message });
}

/** nodeId → node-id, as flags are spelled. */
function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
