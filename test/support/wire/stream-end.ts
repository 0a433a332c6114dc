/** How an answer ended: clean is the terminating chunk, the whole content-length, or a FIN where neither was announced. */
export interface StreamEnd {
  readonly clean: boolean
  readonly error?: string
}
