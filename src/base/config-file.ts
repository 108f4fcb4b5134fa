import { readFileSync } from 'node:fs';
import { usageError } from './errors.ts';

/** The file of --config, for readOptions; throws a usage error if it cannot be read. */
export function readConfigFile(path: unknown): { readonly path: string; readonly text: string } | undefined {
  if (typeof path !== 'string') return undefined;
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    throw usageError({ operation: 'read config', object: path, cause: error, cure: 'check the path and its rights' });
  }
}
