/**
 * Reports when the page leaves (it is unloaded, kept for the back button, or frozen) and when it is back. Either call may come twice.
 * @returns a function that ends the reports
 */
export function watchPage(onLeave: () => void, onReturn: () => void): () => void {
  const end = new AbortController()
  const { signal } = end
  if (typeof document === 'object') {
    addEventListener('pagehide', onLeave, { signal })
    addEventListener('pageshow', onReturn, { signal })
    document.addEventListener('freeze', onLeave, { signal })
    document.addEventListener('resume', onReturn, { signal })
  }
  return () => end.abort()
}
