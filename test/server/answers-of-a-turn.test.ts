import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setImmediate as endOfTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AnswerOfATurn, isAboutToBeSent } from '../../src/server/answers-of-a-turn.ts'

describe('an answer of a turn', () => {
  let server: Server
  let answers: AnswerOfATurn[]

  beforeEach(async () => {
    answers = []
    server = createServer({ ServerResponse: AnswerOfATurn }, (_, response) => answers.push(response))
    await once(server.listen(0, '127.0.0.1'), 'listening')
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  /** Has so many requests come, each on a connection of its own. */
  async function asked(count: number) {
    const { port } = server.address() as AddressInfo
    const clients = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
    for (const client of clients) {
      client.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
      await once(server, 'request')
    }
    return clients
  }

  it('is sent at the end of the turn, after what ended before it', async () => {
    const clients = await asked(2)
    const order: string[] = []
    for (const [index, client] of clients.entries()) client.once('data', () => order.push(`client ${index}`))
    answers[1]?.end('second', () => order.push('sent 1'))
    answers[0]?.end('first', () => order.push('sent 0'))
    expect(answers.map(({ writableEnded }) => writableEnded)).toEqual([false, false])
    expect(answers.map(isAboutToBeSent)).toEqual([true, true])
    await endOfTurn()
    expect(answers.map(({ writableEnded }) => writableEnded)).toEqual([true, true])
    expect(answers.map(isAboutToBeSent)).toEqual([false, false])
    await Promise.all(clients.map((client) => once(client, 'data')))
    expect(order.filter((step) => step.startsWith('sent'))).toEqual(['sent 1', 'sent 0'])
    expect(order.filter((step) => step.startsWith('client')).sort()).toEqual(['client 0', 'client 1'])
  })

  it('is sent at once to a client that is alone, until another comes', async () => {
    const [client] = (await asked(1)) as [Socket]
    const areAtOnce: (boolean | undefined)[] = []
    for (let count = 0; count < 30; count += 1) {
      const answer = answers.at(-1)
      const came = once(client, 'data')
      answer?.end()
      areAtOnce.push(answer?.writableEnded)
      await came
      client.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
      await once(server, 'request')
    }
    expect(areAtOnce).toEqual([...Array(21).fill(false), ...Array(9).fill(true)])
    const mine = answers.at(-1)
    await asked(1)
    for (const answer of [answers.at(-1), mine]) {
      answer?.end()
      expect(answer?.writableEnded).toBe(false)
    }
  })

  it('comes whole, with what it was given before its end', async () => {
    const [client] = await asked(1)
    const [answer] = answers
    answer?.writeHead(201, { 'Content-Length': 5 })
    answer?.write('ab')
    answer?.end(Buffer.from('cde'))
    let received = ''
    client?.on('data', (chunk) => {
      received += chunk
    })
    await vi.waitFor(() => expect(received).toMatch(/^HTTP\/1\.1 201 [\s\S]*\r\n\r\nabcde$/))
  })

  it('that cannot be sent ends its connection, and no other', async () => {
    const [first, second] = await asked(2)
    const closed = once(first as Socket, 'close')
    answers[0]?.end(42 as never)
    answers[1]?.end('here')
    const [chunk] = await once(second as Socket, 'data')
    expect(String(chunk)).toContain('here')
    await closed
  })

  it('does not harm the others when its client has gone', async () => {
    const [first, second] = await asked(2)
    answers[0]?.destroy()
    answers[0]?.end('gone')
    answers[1]?.end('here')
    const [chunk] = await once(second as Socket, 'data')
    expect(String(chunk)).toContain('here')
    first?.destroy()
  })
})
