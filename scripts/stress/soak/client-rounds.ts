import { aName } from '../../../test/support/content.ts'
import { anOciLayout } from '../../../test/support/oci-layout.ts'
import type { PlainClient } from '../../../test/support/plain-client.ts'
import { relayTls } from '../../../test/support/tls-only.ts'
import { aUser, isInstalled, type Login, logIn } from '../../../test/support/user.ts'

/** So few that it is the server that is tried, and not the machine. */
const AT_A_TIME = 2

/** Bytes of a blob: more than any buffer of either side. */
const SIZE = 3_000_000

interface Client {
  /**
   * Pushes to `$TARGET`, a new repository, pulls, compares the bytes, and deletes what it pushed. It finds random
   * bytes in `blob`, and an image in the OCI layout `layout`, whose digest is `$DIGEST`.
   */
  round(isPlain: boolean): string
  readonly cannotDelete?: true
}

const CLIENTS: Readonly<Record<string, Client>> = {
  aws: {
    round: () => `
      repository="--repository-name \${TARGET#*/}" size=$(stat -c %s blob)
      digest=sha256:$(sha256sum blob | cut -d ' ' -f 1)
      upload="$repository --upload-id $(aws ecr initiate-layer-upload $repository --query uploadId --output text)"
      aws ecr upload-layer-part $upload --part-first-byte 0 --part-last-byte $((size - 1)) --layer-part-blob fileb://blob
      aws ecr complete-layer-upload $upload --layer-digests $digest
      blob="{\\"mediaType\\":\\"text/plain\\",\\"digest\\":\\"$digest\\",\\"size\\":$size}"
      type=application/vnd.oci.image.manifest.v1+json
      aws ecr put-image $repository --image-tag v1 \
        --image-manifest "{\\"schemaVersion\\":2,\\"mediaType\\":\\"$type\\",\\"config\\":$blob,\\"layers\\":[$blob]}"
      curl -sSf "$(aws ecr get-download-url-for-layer $repository --layer-digest $digest \
        --query downloadUrl --output text)" | cmp - blob
      aws ecr batch-delete-image $repository --image-ids imageTag=v1`,
  },
  crane: {
    round: () => `
      crane push layout $TARGET:v1
      crane pull --format=oci $TARGET:v1 pulled
      diff -r layout/blobs pulled/blobs
      crane delete $TARGET@$DIGEST`,
  },
  helm: {
    cannotDelete: true,
    round: (isPlain) => `
      name=\${TARGET##*/} plain=${isPlain ? '--plain-http' : ''}
      mkdir chart pulled && cp blob chart && printf "apiVersion: v2\\nname: $name\\nversion: 0.1.0\\n" > chart/Chart.yaml
      helm package chart
      helm push $name-0.1.0.tgz oci://\${TARGET%/*} $plain
      helm pull oci://$TARGET --version 0.1.0 $plain -d pulled
      cmp $name-0.1.0.tgz pulled/$name-0.1.0.tgz`,
  },
  oras: {
    round: () => `
      type=application/vnd.example.note
      oras push $TARGET:v1 blob
      note=$(oras attach --artifact-type $type --format go-template --template '{{.digest}}' $TARGET:v1 layout/index.json)
      oras discover --format json $TARGET:v1 | grep $note
      oras pull -o pulled $TARGET:v1
      cmp blob pulled/blob
      for reference in @$note :v1; do oras manifest delete --force $TARGET$reference; done`,
  },
  regctl: {
    round: (isPlain) => `
      regctl registry set --skip-check --tls ${isPlain ? 'disabled' : 'enabled'} \
        --blob-chunk 1000000 --blob-max 1000000 $REGISTRY
      regctl image copy ocidir://layout:latest $TARGET:v1
      regctl image copy $TARGET:v1 ocidir://pulled:latest
      diff -r layout/blobs pulled/blobs
      regctl manifest delete $TARGET@$DIGEST`,
  },
  skopeo: {
    round: (isPlain) => `
      skopeo --insecure-policy copy --dest-tls-verify=${!isPlain} oci:layout:latest docker://$TARGET:v1
      skopeo --insecure-policy copy --src-tls-verify=${!isPlain} docker://$TARGET:v1 oci:pulled:latest
      diff -r layout/blobs pulled/blobs
      skopeo delete --tls-verify=${!isPlain} docker://$TARGET:v1`,
  },
}

/** Rounds of those clients that are installed, by each scheme in turn. */
export interface ClientRounds {
  readonly missing: readonly string[]
  /** How many rounds ended well, by client and scheme. */
  readonly counts: ReadonlyMap<string, number>
  /** Has each client go round, in turn, until then; throws when anything fails. */
  work(until: number): Promise<void>
  close(): void
}

/** The server answers HTTPS too, on the port of the URL. */
export async function clientRounds(url: string, { call }: PlainClient): Promise<ClientRounds> {
  const { port } = new URL(url)
  const relay = await relayTls(Number(port))
  const { body } = await call('GetAuthorizationToken', {})
  const token = body.authorizationData[0].authorizationToken
  const ca = await (await fetch(new URL('/_ecr-local/ca.pem', url))).text()
  // Some clients take localhost for plain.
  const logins: Record<string, Login> = {
    http: { registry: `localhost:${port}`, token },
    https: { registry: `127.0.0.1:${relay.port}`, token, ca },
  }
  const names = Object.keys(CLIENTS)
  const counts = new Map<string, number>()

  async function goRound(client: Client, login: Login): Promise<void> {
    const { user, leave } = await aUser()
    try {
      await logIn(user, login)
      const repositoryName = aName('rounds')
      await mustSucceed('CreateRepository', { repositoryName })
      const { digest: DIGEST } = await anOciLayout(user, 'layout', ['amd64'], SIZE)
      const variables = { DIGEST, TARGET: `${login.registry}/${repositoryName}` }
      await user.sh(`head -c ${SIZE} /dev/urandom > blob; ${client.round(!login.ca)}`, variables)
      // Refused where an image is left, unless it is forced.
      await mustSucceed('DeleteRepository', { repositoryName, force: client.cannotDelete ?? false })
    } finally {
      leave()
    }
  }

  async function mustSucceed(operation: string, input: object): Promise<void> {
    const { status, body } = await call(operation, input)
    if (status !== 200) throw new Error(`${operation}: ${status} ${JSON.stringify(body)}`)
  }

  return {
    missing: names.filter((name) => !isInstalled(name)),
    counts,
    async work(until) {
      const turns = names
        .filter(isInstalled)
        .flatMap((name) => Object.entries(logins).map(([scheme, login]) => ({ name, scheme, login })))
      let next = 0
      async function takeTurns(): Promise<void> {
        while (turns.length > 0 && Date.now() < until) {
          const { name, scheme, login } = turns[next++ % turns.length] as (typeof turns)[number]
          await goRound(CLIENTS[name] as Client, login)
          const key = `${name} over ${scheme}`
          counts.set(key, (counts.get(key) ?? 0) + 1)
        }
      }
      await Promise.all(Array.from({ length: AT_A_TIME }, takeTurns))
    },
    close: relay.close,
  }
}
