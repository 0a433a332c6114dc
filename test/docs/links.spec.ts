import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const pagesUnder = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => extname(name) === '.md')
    .map((name) => join(folder, name))

/** The pages that a page links to; a link to a folder, which people see as a list, is one to all of its pages. */
function linkedFrom(page: string): readonly string[] {
  const targets = [...readFileSync(page, 'utf8').matchAll(/\]\((?![a-z]+:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) =>
    join(dirname(page), target),
  )
  return targets
    .flatMap((target) => (statSync(target, { throwIfNoEntry: false })?.isDirectory() ? pagesUnder(target) : target))
    .filter((path) => extname(path) === '.md')
}

function reachableFrom(start: string): ReadonlySet<string> {
  const reached = new Set([start])
  // The iteration of a set includes the elements that the loop adds.
  for (const page of reached) for (const next of existsSync(page) ? linkedFrom(page) : []) reached.add(next)
  return reached
}

// That links lead somewhere is for `npm run lint:docs`.
describe('the documentation', () => {
  it.each(['docs/README.md', 'README.md'])('can be read to its last page from %s on', (start) => {
    const reached = reachableFrom(start)
    expect(pagesUnder('docs').filter((page) => !reached.has(page))).toEqual([])
  })

  it('names every page in its index', () => {
    const inIndex = linkedFrom('docs/README.md')
    expect(pagesUnder('docs').filter((page) => page !== 'docs/README.md' && !inIndex.includes(page))).toEqual([])
  })
})
