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
 * Starts Debian's Chromium, which makes no requests beyond those of its pages.
 * @param withoutArgs the arguments that Playwright would pass, and this launch does not
 */
export function launchChromium(...withoutArgs: string[]): Promise<Browser> {
  try {
    accessSync(CHROMIUM, constants.X_OK)
  } catch (error) {
    throw new Error('chromium is missing: install the Debian package "chromium"', { cause: error })
  }
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS, ignoreDefaultArgs: withoutArgs })
}
