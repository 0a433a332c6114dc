/**
 * Reports when the page leaves (it is unloaded, kept for the back button, or frozen) and when it is back. Either call may come twice.
 * @returns a function that ends the reports
 */
export function watchPage(onLeave: () => void, onReturn: () => void): () => void {
  const end = new AbortController()
  if (typeof document === 'object') {
    addEventListener('pagehide', onLeave, end)
    addEventListener('pageshow', onReturn, end)
    document.addEventListener('freeze', onLeave, end)
    document.addEventListener('resume', onReturn, end)
  }
  return () => end.abort()
}
