import { make, setText, setTone, type Tone } from '../../shared/dom.js'

/** The text of a cell, its full text as a tooltip, and its tone. */
export interface Cell {
  readonly text: string
  readonly title?: string
  readonly tone?: Tone
}

/** The rows of a table. They are reused, so that scrolling, focus and selection survive an update. The first cell of a row is its head. */
export class TableBody {
  constructor(
    private readonly body: HTMLTableSectionElement,
    private readonly classes: readonly string[],
  ) {}

  render(rows: readonly (readonly Cell[])[]): void {
    while (this.body.rows.length > rows.length) this.body.deleteRow(-1)
    for (const [index, cells] of rows.entries()) fill(this.body.rows[index] ?? this.addRow(), cells)
  }

  private addRow(): HTMLTableRowElement {
    const row = this.body.insertRow()
    for (const [index, name] of this.classes.entries()) {
      const cell = make(index === 0 ? 'th' : 'td', name, make('span', ''))
      if (index === 0) cell.setAttribute('scope', 'row')
      row.append(cell)
    }
    return row
  }
}

function fill(row: HTMLTableRowElement, cells: readonly Cell[]): void {
  for (const [index, { text, title, tone }] of cells.entries()) {
    const span = row.cells[index]?.firstElementChild
    if (!(span instanceof HTMLElement)) continue
    setText(span, text)
    if (span.title !== (title ?? '')) span.title = title ?? ''
    // The row may have belonged to another node before.
    span.className = tone === undefined ? '' : 'pill'
    if (tone !== undefined) setTone(span, tone)
  }
}
