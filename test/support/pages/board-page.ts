import type { Browser, BrowserContextOptions, Locator } from 'playwright-core'
import { WebPage } from './web-page.js'

/** Keeps what the sum and the first cell of a board show, from the first frame on. */
const WATCH_FIGURES = `
  globalThis.shown = { total: [], 'first cell': [] }
  const look = () => {
    for (const [name, selector] of [['total', '#total'], ['first cell', '[data-id] .count']]) {
      const text = document.querySelector(selector)?.textContent
      if (text !== undefined && shown[name].at(-1) !== text) shown[name].push(text)
    }
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)`

/** The live board in a browser. */
export class BoardPage extends WebPage {
  /** Opens it, and waits until it is live and has the totals of the server. */
  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<BoardPage> {
    const board = new BoardPage(await WebPage.blank(browser, options), url)
    await board.page.addInitScript(WATCH_FIGURES)
    await board.page.goto(`${url}/`)
    await board.untilLive()
    return board
  }

  async untilLive(): Promise<void> {
    await this.page.getByText('live', { exact: true }).waitFor()
    await this.page.getByText('counted in all', { exact: true }).waitFor()
  }

  /** The texts that a figure of the page has shown, each as often as it has changed. */
  async history(figure: 'total' | 'first cell'): Promise<string[]> {
    return this.page.evaluate<string[]>(`shown[${JSON.stringify(figure)}]`)
  }

  async untilLost(): Promise<void> {
    await this.page.getByRole('status').filter({ hasText: 'connection lost, trying again' }).waitFor()
  }

  /** Id → count of every cell that shows more than 0. */
  async counts(): Promise<Map<string, number>> {
    const cells = await this.page.evaluate<[string, string][]>(
      `[...document.querySelectorAll('[data-id]')].map((cell) => [cell.dataset.id, cell.querySelector('.count').textContent])`,
    )
    return new Map(cells.map(([id, text]): [string, number] => [id, wholeOf(text)]).filter(([, count]) => count > 0))
  }

  /** The count of a cell. */
  async count(id: string): Promise<number> {
    return wholeOf((await this.cell(id).locator('.count').textContent()) ?? '')
  }

  /** The sum of all counts, as shown. */
  async total(): Promise<number> {
    return wholeOf((await this.page.locator('#total').textContent()) ?? '')
  }

  cell(id: string): Locator {
    return this.page.locator(`[data-id="${id}"]`)
  }

  /** The id of the cell that has the focus. */
  async focused(): Promise<string | undefined> {
    return this.page.evaluate<string | undefined>('document.activeElement?.dataset.id')
  }

  /** The dialog of details. */
  get details(): Locator {
    return this.page.getByRole('dialog')
  }

  get posts(): Locator {
    return this.details.getByRole('listitem')
  }
}

function wholeOf(text: string): number {
  const count = Number(text.replaceAll(',', ''))
  if (!Number.isSafeInteger(count)) throw new Error(`not a whole number: ${text}`)
  return count
}
