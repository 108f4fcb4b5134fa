import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Debian's; elsewhere the one that set-up had Playwright install. */
const CHROMIUM = '/usr/bin/chromium';

/** Chromium knows no Unix sockets: gives one an address in this run's own network namespace. */
export async function tcpAddressOf(socketPath: string): Promise<string> {
  const server = createServer((outside) => {
    const inside = connect(socketPath);
    for (const [from, to] of [[outside, inside] as const, [inside, outside] as const])
      from
        .on('error', () => undefined)
        .on('close', () => to.destroy())
        .pipe(to);
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
}

/** Opens the page in headless Chromium; `complaints` collects what the page throws or logs as an error. */
export async function openPage(url: string): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const found = existsSync(CHROMIUM) ? { executablePath: CHROMIUM } : {};
  // As root Chromium runs only without its sandbox; it shows nothing but our own page.
  const browser = await chromium.launch({ ...found, args: ['--no-sandbox'] });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}
