import { defineConfig } from 'vitest/config';

const shell = process.env['HOSTINT_SHELL'] === '1';

export default defineConfig({
  // Two runs at once must not write to one cache.
  cacheDir: '/run/vitest',
  test: {
    include: ['test/netns/**/*.test.ts'],
    globalSetup: ['test/netns/global-setup.ts'],
    // Namespaces have fixed names, and latencies are measured: one file at a time.
    fileParallelism: false,
    pool: 'forks',
    testTimeout: shell ? 0 : 60_000,
    hookTimeout: shell ? 0 : 60_000,
    provide: { shell },
    // The live summary would write over the shell.
    reporters: [['default', { summary: !shell }]],
  },
});
