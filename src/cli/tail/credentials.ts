/** Takes user and password out of an address, where fetch refuses them and everybody would see them, and gives the header that presents them. */
export function takeCredentials(url: URL): Readonly<Record<string, string>> {
  const { username, password } = url
  if (username === '' && password === '') return {}
  url.username = ''
  url.password = ''
  return { authorization: `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}` }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
