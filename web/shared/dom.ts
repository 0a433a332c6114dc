/** The element of the page with this id. */
export function byId<E extends Element>(id: string, type: new () => E): E {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`)
  return element
}

/** A new element with its class and what is in it. Text becomes text nodes, whatever is in it. */
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

/** Sets the text where it has changed, so that a selection in an unchanged one stays. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

/** How a state is to be taken: its colour. The words stand beside it. */
export type Tone = 'good' | 'warn' | 'bad' | 'idle'

export function setTone(element: HTMLElement, tone: Tone): void {
  element.dataset['tone'] = tone
}
