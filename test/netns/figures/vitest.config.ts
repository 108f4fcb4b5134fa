import { defineConfig } from 'vitest/config';

/** Measurements, which take minutes and are no tests: `npm run figures`. */
export default defineConfig({
  cacheDir: '/run/vitest',
  test: {
    include: ['test/netns/figures/*.figures.ts'],
    globalSetup: ['test/netns/global-setup.ts', 'test/netns/figures/global-setup.ts'],
    fileParallelism: false,
    pool: 'forks',
    testTimeout: 600_000,
    disableConsoleIntercept: true,
    provide: { shell: false },
  },
});
