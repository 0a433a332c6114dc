import { describe, expect, it } from 'vitest'
import { WebhookToken } from './webhook-token.js'

const TOKEN = '0123456789abcdef'

describe('WebhookToken', () => {
  it.each([`Bearer ${TOKEN}`, `bearer  ${TOKEN} `])('is in %j', (header) => {
    expect(new WebhookToken(TOKEN).isIn(header)).toBe(true)
  })

  it.each([undefined, '', 'Bearer', TOKEN, `Bearer ${TOKEN}0`, `Bearer ${TOKEN.slice(1)}`, `Bearer ${TOKEN} ${TOKEN}`, `Basic ${TOKEN}`])(
    'is not in %j',
    (header) => {
      expect(new WebhookToken(TOKEN).isIn(header)).toBe(false)
    },
  )

  it.each([undefined, '', 'short', `${TOKEN} with spaces`, `${TOKEN}é`])(
    'can not be %j, and the error names the variable and the cure',
    (token) => {
      expect(() => new WebhookToken(token)).toThrow(/WEBHOOK_TOKEN must be set, to at least 16 visible ASCII characters/)
    },
  )

  it('is not revealed by the error', () => {
    expect(() => new WebhookToken('secret but short')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret but short') }),
    )
  })
})
