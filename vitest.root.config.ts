import { defineConfig } from 'vitest/config';

/** Tests that load BPF programs and so need root, but no network of their own. */
export default defineConfig({
  test: {
    include: ['native/**/*.root.test.ts', 'src/**/*.root.test.ts', 'bpf/**/*.root.test.ts'],
    // Maps and programs pin kernel memory, and timings are measured: one file at a time.
    fileParallelism: false,
    pool: 'forks',
  },
});
