import { describe, expect } from 'vitest'
import { clientTest, imagesOf } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout } from '../support/oci-layout.ts'

describe('An image of SHA-512', () => {
  const ecr = emulator()

  clientTest(['regctl'], ecr)(
    'is pushed by its digest with a tag, and pulled, by regctl',
    async ({ user }) => {
      const name = await aRepository(ecr.client())
      await anOciLayout(user, 'layout')
      const digest = await user.sh(
        `regctl registry set --skip-check --tls disabled $REGISTRY
      regctl image mod --digest-algo sha512 ocidir://layout:latest --create ocidir://layout:other >made
      regctl image copy ocidir://layout:other $TARGET:v1 >pushed
      regctl image copy $TARGET:v1 ocidir://pulled:v1 >pulled.txt
      regctl image digest $TARGET:v1`,
        { TARGET: `${ecr.server.registry}/${name}` },
      )
      expect(digest).toMatch(/^sha512:/)
      expect(await imagesOf(ecr, name)).toMatchObject([{ imageDigest: digest, imageTags: ['v1'] }])
      expect(
        await user.sh(
          'cd layout/blobs/sha512; for blob in *; do cmp $blob ~/pulled/blobs/sha512/$blob; done; ls | wc -l',
        ),
      ).toBe('3')
    },
  )
})
