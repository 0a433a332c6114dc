import { defineConfig } from 'vite'

/** Builds the admin page into dist/web/admin, from where the server serves it. */
export default defineConfig({
  root: 'web/admin',
  // Relative, so that the page also works behind a proxy that puts it under another path.
  base: './',
  publicDir: false,
  logLevel: 'warn',
  build: {
    outDir: '../../dist/web/admin',
    emptyOutDir: true,
    target: 'es2022',
    // Its content security policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: false,
    // The licences of what is bundled go with it.
    license: { fileName: 'licenses.md' },
  },
})
