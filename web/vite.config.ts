import { defineConfig } from 'vite';

/** The page is served by the sink itself, at any path a proxy may choose: every address in it is relative. */
export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy allows neither inline code nor data: addresses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: {
    // `npx vite web` develops the page against a sink that runs on this machine.
    proxy: { '/api': { target: 'http://127.0.0.1:9040', ws: true } },
  },
});
