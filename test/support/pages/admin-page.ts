import type { Browser, BrowserContextOptions } from 'playwright-core'
import { WebPage } from './web-page.js'

type Colour = readonly [red: number, green: number, blue: number]

/** Keeps the length of the longest task of the page (https://w3c.github.io/longtasks/), ms. */
const WATCH_TASKS = `
  globalThis.longestTaskMs = 0
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration)
  }).observe({ type: 'longtask', buffered: true })`

/** The admin page in a browser. */
export class AdminPage extends WebPage {
  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<AdminPage> {
    const admin = new AdminPage(await WebPage.blank(browser, options), url)
    await admin.page.addInitScript(WATCH_TASKS)
    await admin.page.goto(`${url}/admin/`)
    return admin
  }

  /** The number that a figure shows, such as `12`, `403` or `3,029`; –1 where there is none yet. */
  async figure(title: string): Promise<number> {
    const text = await this.page.getByRole('figure').filter({ hasText: title }).locator('.now').textContent()
    const value = Number.parseFloat((text ?? '').replaceAll(',', ''))
    return Number.isNaN(value) ? -1 : value
  }

  /** The text of the page for a fact about the node, such as `Positions`. */
  async fact(term: string): Promise<string> {
    const fact = this.page.locator('.fact').filter({ has: this.page.getByText(term, { exact: true }) })
    return (await fact.locator('dd').textContent()) ?? ''
  }

  /** The texts of the rows of a table, by its region. */
  async rows(name: string): Promise<string[]> {
    return this.page.getByRole('region', { name, exact: true }).locator('tbody').getByRole('row').allInnerTexts()
  }

  /** How many pixels of a chart have about this colour. */
  async pixels(title: string, [red, green, blue]: Colour): Promise<number> {
    const count = `(() => {
      const figure = [...document.querySelectorAll('figure')].find(({ textContent }) => textContent.includes('${title}'))
      const canvas = figure.querySelector('canvas')
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      let seen = 0
      for (let at = 0; at < data.length; at += 4) {
        const distance = Math.abs(data[at] - ${red}) + Math.abs(data[at + 1] - ${green}) + Math.abs(data[at + 2] - ${blue})
        if (data[at + 3] > 200 && distance < 12) seen++
      }
      return seen
    })()`
    return this.page.evaluate<number>(count)
  }

  /** How long the page was busy at a time at most, since it was opened; 0 where that was never 50 ms. */
  async longestTaskMs(): Promise<number> {
    return this.page.evaluate<number>('longestTaskMs')
  }
}
