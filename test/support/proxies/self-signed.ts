import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const KEY = 'key.pem'
const CERTIFICATE = 'certificate.pem'

/** A certificate for localhost and 127.0.0.1 that no known authority has signed, valid for two days, and its key; both PEM. */
export async function selfSigned(): Promise<{ readonly key: string; readonly certificate: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'emojitrack-self-signed-'))
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  try {
    await promisify(execFile)('openssl', ['req', '-x509', ...curve, '-days', '2', ...names, '-keyout', KEY, '-out', CERTIFICATE], {
      cwd: folder,
    })
    return { key: readFileSync(join(folder, KEY), 'utf8'), certificate: readFileSync(join(folder, CERTIFICATE), 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
