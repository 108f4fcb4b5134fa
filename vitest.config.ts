import { defineConfig } from 'vitest/config';

/** Tests that need neither root nor a built program; the others have configurations of their own. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'web/**/*.test.ts'],
    exclude: ['**/*.root.test.ts', '**/node_modules/**', 'dist/**'],
  },
});
