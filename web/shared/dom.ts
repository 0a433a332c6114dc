/** The element of the page with this id. */
export function byId<E extends Element>(id: string, type: new () => E): E {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`)
  return element
}

/** A new element with its class and its content. A string becomes a text node, never markup. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...content: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  if (className !== '') element.className = className
  element.append(...content)
  return element
}

/** Sets the text if it has changed, so that a selection in an unchanged text stays. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

/** The colour of a state. Words say the same beside it. */
export type Tone = 'good' | 'warn' | 'bad' | 'idle'

export function setTone(element: HTMLElement, tone: Tone): void {
  element.dataset['tone'] = tone
}
