import { accessSync, constants } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Starts Debian's Chromium, which asks nobody for anything but what its pages ask for.
 * @param withoutArgs what Playwright would give it, and it is not to get
 */
export function launchChromium(...withoutArgs: string[]): Promise<Browser> {
  try {
    accessSync(CHROMIUM, constants.X_OK)
  } catch (error) {
    throw new Error('chromium is missing: install the Debian package "chromium"', { cause: error })
  }
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS, ignoreDefaultArgs: withoutArgs })
}
