import { describe, expect } from 'vitest'
import { clientTest, imagesOf } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout } from '../support/oci-layout.ts'

const THROTTLED = { error: 'TOOMANYREQUESTS', retryAfterSeconds: 1 }

describe('planted faults at the registry door', () => {
  const ecr = emulator()

  /** Plants each fault once, runs, and makes sure that all were met. */
  async function meeting(faults: readonly object[], run: () => Promise<unknown>): Promise<void> {
    await ecr.server.faults(faults.map((fault) => ({ ...fault, times: 1 })))
    await run()
    expect(await ecr.server.faults()).toEqual([])
  }

  describe('oras', () => {
    const it = clientTest(['oras'], ecr)

    it('tries again what is throttled, when it is told to', async ({ user }) => {
      const name = await aRepository(ecr.client())
      await user.write('one.txt', 'one')
      // It cannot read a blob again once it has sent it: what ends an upload has one try.
      const faults = ['uploads', 'manifest'].map((route) => ({ route, ...THROTTLED }))
      const push = `oras push --plain-http $REGISTRY/${name}:v1 one.txt`
      await meeting(faults, () => user.sh(push))
      expect(await imagesOf(ecr, name)).toMatchObject([{ imageTags: ['v1'] }])

      const pull = `oras pull --plain-http -o out $REGISTRY/${name}:v1 && cmp one.txt out/one.txt`
      await meeting([{ route: 'blob', method: 'GET', ...THROTTLED }], () => user.sh(pull))
    })

    it('prints what it is refused with', async ({ user }) => {
      await ecr.server.faults([{ route: 'any', error: 'DENIED', message: 'Not on a Friday', times: 1 }])
      const { stderr } = await user.failing('oras repo ls --plain-http $REGISTRY')
      expect(stderr).toContain('denied: Not on a Friday')
    })
  })

  describe('crane', () => {
    const it = clientTest(['crane'], ecr)

    it.for([{ error: 'UNKNOWN', status: 503 }, { cut: true }, { delayMilliseconds: 100 }])(
      'pushes and pulls in spite of %j',
      async (trouble, { user }) => {
        const name = await aRepository(ecr.client())
        await anOciLayout(user, 'layout')
        const faults = ['uploads', 'manifest'].map((route) => ({ route, ...trouble }))
        await meeting(faults, () => user.sh(`crane push layout $REGISTRY/${name}:v1`))

        const pull = `crane pull --format oci $REGISTRY/${name}:v1 out && diff -r layout/blobs out/blobs`
        await meeting([{ route: 'manifest', method: 'GET', ...trouble }], () => user.sh(pull))
      },
    )
  })
})
