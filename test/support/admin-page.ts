import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

type Colour = readonly [red: number, green: number, blue: number]

/** Keeps the length of the longest task of the page (https://w3c.github.io/longtasks/), ms. */
const WATCH_TASKS = `
  globalThis.longestTaskMs = 0
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration)
  }).observe({ type: 'longtask', buffered: true })`

/** The admin page in a browser, and what went wrong in it. */
export class AdminPage {
  /** Errors of the console and of scripts, violations of the content security policy included. */
  readonly faults: string[] = []
  /** Requests to any other origin. */
  readonly foreign: string[] = []

  private constructor(
    readonly page: Page,
    private readonly close: () => Promise<void>,
  ) {}

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<AdminPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    const page = await context.newPage()
    const admin = new AdminPage(page, () => context.close())
    page.on('console', (message) => {
      if (message.type() === 'error') admin.faults.push(message.text())
    })
    page.on('pageerror', (error) => admin.faults.push(error.message))
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(url).origin) admin.foreign.push(request.url())
    })
    await page.addInitScript(WATCH_TASKS)
    await page.goto(`${url}/admin/`)
    return admin
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** The number that stands in a figure, as shown: `12`, `403`, `3,029`; –1 where there is none yet. */
  async figure(title: string): Promise<number> {
    const text = await this.page.getByRole('figure').filter({ hasText: title }).locator('.now').textContent()
    const value = Number.parseFloat((text ?? '').replaceAll(',', ''))
    return Number.isNaN(value) ? -1 : value
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

  /** By how many pixels the page is wider than the screen. */
  async overflow(): Promise<number> {
    return this.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
  }
}
