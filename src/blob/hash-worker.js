import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { MessageChannel, parentPort } from 'node:worker_threads'

/*
 * The thread of thread-hash.ts. It is JavaScript because a worker is loaded by Node itself, also where everything
 * else is run from its TypeScript.
 */

/** A file is read by pieces of this size. */
const READ_BYTES = 1024 * 1024

/**
 * What is sent to a closed port takes its memory along, which is free at once; to be collected it would wait for 64 MiB of
 * it.
 */
const { port1: nobody } = new MessageChannel()
nobody.close()

/** @type {Map<number, import('node:crypto').Hash>} */
const hashes = new Map()

/**
 * Answers what was asked, in the order in which it was asked.
 *
 * @param {import('./thread-hash.ts').Order} order
 * @returns {string | undefined}
 */
function carryOut(order) {
  switch (order.kind) {
    case 'begin':
      hashes.set(order.id, hashOfFile(order))
      return undefined
    case 'update':
      for (const piece of order.pieces) hashes.get(order.id)?.update(piece)
      nobody.postMessage(
        undefined,
        order.pieces.map(({ buffer }) => buffer),
      )
      return undefined
    case 'digest':
      return hashes.get(order.id)?.copy().digest('hex')
    case 'forget':
      hashes.delete(order.id)
      return undefined
  }
}

/**
 * @param {{ file: string, size: number, algorithm: string }} order
 * @returns {import('node:crypto').Hash}
 */
function hashOfFile({ file, size, algorithm }) {
  const hash = createHash(algorithm)
  const piece = Buffer.allocUnsafeSlow(READ_BYTES)
  const descriptor = openSync(file, 'r')
  try {
    for (let position = 0; position < size; ) {
      const length = readSync(descriptor, piece, 0, Math.min(piece.length, size - position), position)
      if (length === 0) throw new Error(`${file} ends at byte ${position}, before ${size}`)
      hash.update(piece.subarray(0, length))
      position += length
    }
  } finally {
    closeSync(descriptor)
  }
  return hash
}

/**
 * @param {import('./thread-hash.ts').Order} order
 * @returns {import('./thread-hash.ts').Reply}
 */
function replyTo(order) {
  try {
    return { result: carryOut(order) }
  } catch (thrown) {
    const error = /** @type {NodeJS.ErrnoException} */ (thrown)
    return { failure: { error, code: error.code } }
  }
}

parentPort?.on('message', (/** @type {import('./thread-hash.ts').Order} */ order) => {
  parentPort?.postMessage(replyTo(order))
})
