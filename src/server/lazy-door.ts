import type { Listener } from '../distribution/door.ts'

/**
 * A door that the first request opens, so that a server serves sooner, and has in its memory only the doors that are
 * used. Requests that come while it opens wait for it, and leave in the order in which they came.
 *
 * @param open loads the door's code and makes the door of it
 * @param onFault told when the code can't be loaded, as when it was installed anew under a running server
 */
export function lazyDoor(open: () => Promise<Listener>, onFault: (error: unknown) => void): Listener {
  let opened: Listener | undefined
  let opening: Promise<Listener> | undefined
  return (request, response) => {
    if (opened) {
      opened(request, response)
      return
    }
    opening ??= open()
    opening.then(
      (door) => {
        opened = door
        door(request, response)
      },
      (error: unknown) => {
        opening = undefined
        onFault(error)
        if (!response.headersSent) response.writeHead(500, { 'Content-Length': 0 }).end()
      },
    )
  }
}
