/** The pages of web/. */
export const PAGES = ['admin', 'board']

/** The arguments of Vite for each of its builds: the pages, and the browser client. */
export const VITE_BUILDS = [
  ...PAGES.map((page) => ['build', `web/${page}`, '-c', 'vite.config.ts', '--outDir', `../../dist/web/${page}`]),
  ['build', '-c', 'vite.client.config.ts'],
]
