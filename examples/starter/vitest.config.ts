import { defineConfig } from 'vitest/config'

// Of its own, or Vitest would take one from a folder above.
export default defineConfig({ test: { include: ['src/**/*.spec.ts'] } })
