import { createServer } from 'node:net'
import { MEBIBYTE } from '../large-blob.ts'

/*
 * A server that does nothing: it answers each request with the same 430 bytes, or /large with 256 MiB. What the load gets
 * out of it is the most that it could get out of any server here. Its argument is the port.
 */

export const LARGE = { path: '/large', mebibytes: 256 }

const small = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 430\r\n\r\n${'x'.repeat(430)}`)
const largeHead = `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE.mebibytes * MEBIBYTE}\r\n\r\n`
const piece = Buffer.alloc(MEBIBYTE, 'x')

if (process.argv[1] === import.meta.filename)
  createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (request) => {
      if (!request.includes(LARGE.path)) {
        socket.write(small)
        return
      }
      socket.write(largeHead)
      let left = LARGE.mebibytes
      const send = (): void => {
        while (left > 0) {
          left -= 1
          if (!socket.write(piece)) return void socket.once('drain', send)
        }
      }
      send()
    })
  }).listen(Number(process.argv[2]), '127.0.0.1')
