import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

/** One of the server's pages in a browser of its own, and the faults that it shows. */
export class WebPage {
  /** Errors of the console and of scripts, violations of the content security policy included. */
  readonly faults: string[] = []
  /** Requests to any other origin. */
  readonly foreign: string[] = []

  protected constructor(
    readonly page: Page,
    origin: string,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.faults.push(message.text())
    })
    page.on('pageerror', (error) => this.faults.push(error.message))
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(origin).origin) this.foreign.push(request.url())
    })
  }

  protected static async blank(browser: Browser, options: BrowserContextOptions): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    return context.newPage()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close()
  }

  /** By how many pixels the page is wider than the screen. */
  async overflow(): Promise<number> {
    return this.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
  }
}
