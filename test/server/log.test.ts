import { afterEach, describe, expect, it, vi } from 'vitest'
import { openLog } from '../../src/server/log.ts'

afterEach(() => vi.restoreAllMocks())

/** What comes of a log's words, in the turn of the event loop after them. */
async function written(speak: () => void): Promise<string> {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  speak()
  await new Promise((resolve) => setImmediate(resolve))
  return write.mock.calls.map(([text]) => text).join('')
}

/** As they come of a full disk: with a cause, and with what the system calls it. */
const full = Object.assign(new Error('The disk is full', { cause: new TypeError('inner') }), {
  code: 'ENOSPC',
})

describe('the log', () => {
  it('tells of a fault whole, with its cause, as JSON', async () => {
    const text = await written(() => openLog({ logFormat: 'json', logLevel: 'error' }).fault(full))
    expect(text).toMatch(/^[^\n]+\n$/)
    expect(JSON.parse(text)).toEqual({
      level: 50,
      time: expect.any(Number),
      msg: 'fault',
      err: {
        type: 'Error',
        message: 'The disk is full',
        stack: expect.stringMatching(
          /^Error: The disk is full\n {4}at [\s\S]+ENOSPC[\s\S]+\[cause\]: TypeError: inner\n {6}at /,
        ),
      },
    })
  })

  it('tells of a fault whole, with its cause, to people', async () => {
    const text = await written(() => openLog({ logFormat: 'pretty', logLevel: 'error' }).fault(full))
    expect(text).toMatch(
      /^[\d:.]{12} fault Error: The disk is full\n {6}at [\s\S]+\[cause\]: TypeError: inner\n/,
    )
  })

  it.each([
    ['a text', 'string', 'a text'],
    [undefined, 'undefined', 'undefined'],
    [null, 'object', 'null'],
  ])('tells of %j that was thrown', async (thrown, type, message) => {
    const text = await written(() => openLog({ logFormat: 'json', logLevel: 'error' }).fault(thrown))
    expect(JSON.parse(text).err).toMatchObject({ type, message })
  })

  it.each([
    ['silent', []],
    ['error', [50]],
    ['warn', [40, 50]],
    ['info', [40, 50]],
    ['debug', [40, 50]],
  ] as const)('says at the level %s what is of %j', async (logLevel, levels) => {
    const text = await written(() => {
      const log = openLog({ logFormat: 'json', logLevel })
      log.notice('a notice')
      log.fault(full)
    })
    const lines = text.split('\n').filter(Boolean)
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(levels)
  })

  it('adds one listener, however many logs there are', () => {
    const count = (): number => process.stderr.listenerCount('error')
    openLog({ logFormat: 'json', logLevel: 'info' })
    const before = count()
    openLog({ logFormat: 'pretty', logLevel: 'info' })
    expect(count()).toBe(before)
  })
})
