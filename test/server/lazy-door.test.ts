import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import type { Listener } from '../../src/distribution/door.ts'
import { lazyDoor } from '../../src/server/lazy-door.ts'

let server: Server | undefined
afterEach(() => server?.close())

async function serve(listener: Listener): Promise<string> {
  const opened = createServer(listener)
  server = opened
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(opened.address() as AddressInfo).port}`
}

/** Answers with what came. */
const echo: Listener = async (request, response) => void response.end(await text(request))

describe('lazyDoor', () => {
  it('opens at the first request, once, and lets none of those get lost that come meanwhile', async () => {
    let opened = 0
    let finish: (() => void) | undefined
    const url = await serve(
      lazyDoor(
        () => {
          opened += 1
          return new Promise((resolve) => {
            finish = () => resolve(echo)
          })
        },
        (error) => expect.unreachable(String(error)),
      ),
    )
    expect(opened).toBe(0)
    const bodies = ['one', 'two', 'x'.repeat(1_000_000)]
    const answers = bodies.map(async (body) => (await fetch(url, { method: 'POST', body })).text())
    await expect.poll(() => finish).toBeDefined()
    finish?.()
    expect(await Promise.all(answers)).toEqual(bodies)
    expect(await (await fetch(url, { method: 'POST', body: 'later' })).text()).toBe('later')
    expect(opened).toBe(1)
  })

  it('says of a door that does not open what is wrong, answers 500, and tries again', async () => {
    const faults: unknown[] = []
    const broken = new Error('Cannot find module')
    let opened = 0
    const url = await serve(
      lazyDoor(
        () => {
          opened += 1
          return opened === 1 ? Promise.reject(broken) : Promise.resolve(echo)
        },
        (error) => faults.push(error),
      ),
    )
    expect((await fetch(url, { method: 'POST', body: 'one' })).status).toBe(500)
    expect(faults).toEqual([broken])
    expect(await (await fetch(url, { method: 'POST', body: 'two' })).text()).toBe('two')
  })
})
