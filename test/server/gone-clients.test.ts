import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { sha256 } from '../support/content.ts'
import { plainClient } from '../support/plain-client.ts'
import { launch, type Program } from '../support/program.ts'
import { rawRequest } from '../support/sockets.ts'

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100))

async function aProgram(): Promise<Program> {
  const program = await launch(['--in-memory', '--log-level', 'error'])
  onTestFinished(async () => {
    await program.stop()
  })
  return program
}

async function send(program: Program, text: string): Promise<Socket> {
  const socket = connect(Number(new URL(program.url).port), '127.0.0.1')
  await once(socket, 'connect')
  await new Promise((resolve) => socket.write(text, resolve))
  return socket
}

const calls = {
  ECR: {
    type: 'application/x-amz-json-1.1',
    body: '{}',
    target: 'X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.DescribeRepositories',
  },
  STS: {
    type: 'application/x-www-form-urlencoded',
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
    target: 'Accept: */*',
  },
}

it.each(['ECR', 'STS'] as const)(
  'a client that leaves while its call of %s waits is no fault',
  async (service) => {
    const program = await aProgram()
    const { type, body, target } = calls[service]
    const headers = [`Content-Type: ${type}`, `Content-Length: ${body.length}`, target]
    // The first call waits for its door, which is loaded by it.
    const socket = await send(program, rawRequest('POST /', headers, body))
    socket.destroy()
    const client = await plainClient(program.url)
    await client.call('DescribeRepositories', {})
    await soon()
    expect((await program.stop()).stderr).toBe('')
  },
)

it('a client that leaves while its pushes wait for each other is no fault', async () => {
  const program = await aProgram()
  const client = await plainClient(program.url)
  await client.call('CreateRepository', { repositoryName: 'left' })
  const { body } = await client.call('InitiateLayerUpload', { repositoryName: 'left' })
  const path = `/v2/left/blobs/uploads/${body.uploadId}?digest=${sha256('bytes')}`
  const token = (await client.call('GetAuthorizationToken', {})).body.authorizationData[0].authorizationToken
  const headers = [`Authorization: Basic ${token}`, 'Content-Length: 5']
  const put = (text: string): string => rawRequest(`PUT ${path}`, headers, text)
  const holder = await send(program, put('by'))
  await soon()
  const impatient = await send(program, put('bytes') + put('bytes'))
  await soon()
  impatient.destroy()
  await soon()
  holder.destroy()
  await soon()
  expect((await client.send('PUT', path, { body: 'bytes' })).status).toBe(201)
  expect((await program.stop()).stderr).toBe('')
})
