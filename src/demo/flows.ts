import { request } from 'node:http';
import { type Flow, flowsSchema } from '../sink/messages.ts';

const TIMEOUT_MS = 2_000;

/** The flows that a sink knows, by its API on a Unix socket. */
export async function readFlows(socketPath: string): Promise<readonly Flow[]> {
  const text = await getText(socketPath, '/api/v1/flows?sort=rate&limit=100');
  return flowsSchema.parse(JSON.parse(text)).flows;
}

function getText(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, timeout: TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`GET ${path}: status ${response.statusCode}: ${text}`));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`GET ${path}: no answer in ${TIMEOUT_MS} ms`)));
    sent.on('error', reject);
    sent.end();
  });
}
