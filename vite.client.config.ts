import { defineConfig } from 'vite'

/** Builds the browser client into dist/client/index.js, one module without dependencies. Its types come from tsc. */
export default defineConfig({
  root: 'web/client',
  publicDir: false,
  logLevel: 'warn',
  build: {
    outDir: '../../dist/client',
    emptyOutDir: true,
    target: 'es2022',
    lib: { entry: 'src/index.ts', formats: ['es'], fileName: 'index' },
    // Vite leaves the white space in a module of a library unless it is told here.
    rolldownOptions: { output: { minify: true, comments: false } },
  },
})
