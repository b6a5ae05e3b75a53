import { describe, expect } from 'vitest'
import { DOCKER_MANIFEST, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { clientTest, imagesOf, SCHEMES } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { jsonOf, registryClient } from '../support/registry.ts'

/** Pushes an image of one file, and upon that image another of one more, the second as Docker has it. */
const PROGRAM = `
import com.google.cloud.tools.jib.api.*;
import com.google.cloud.tools.jib.api.buildplan.*;
import java.nio.file.*;
import java.util.List;

class Push {
  public static void main(String[] args) throws Exception {
    JibContainerBuilder scratch = Jib.fromScratch().setFormat(ImageFormat.OCI);
    System.out.println(push(scratch, args[0] + ":base", "base.txt"));
    JibContainerBuilder base = Jib.from(image(args[0] + ":base")).setFormat(ImageFormat.Docker);
    System.out.println(push(base, args[0] + ":top", "top.txt"));
  }

  static RegistryImage image(String reference) throws Exception {
    return RegistryImage.named(reference).addCredential("AWS", System.getenv("PASSWORD"));
  }

  static String push(JibContainerBuilder builder, String reference, String file) throws Exception {
    Containerizer target = Containerizer.to(image(reference)).setAllowInsecureRegistries(INSECURE)
        .setApplicationLayersCache(Path.of("layers")).setBaseImageLayersCache(Path.of("base"));
    return builder.addLayer(List.of(Path.of(file)), AbsoluteUnixPath.get("/"))
        .containerize(target).getDigest().toString();
  }
}
`

describe.concurrent.each(SCHEMES)('jib over %s', (scheme) => {
  const ecr = emulator({ tls: scheme === 'https' })
  const registry = registryClient(ecr)
  const it = clientTest(['jib', 'keytool'], ecr, scheme)
  // It sends a login by plain HTTP only when told to.
  const TRUST =
    scheme === 'http'
      ? '-DsendCredentialsOverHttp=true'
      : '-Djavax.net.ssl.trustStore=trust.p12 -Djavax.net.ssl.trustStorePassword=changeit'

  // What lives for a second gains nothing from compiling well.
  const OPTIONS = `-XX:TieredStopAtLevel=1 -XX:+UseSerialGC ${TRUST}`

  it('builds upon an image that it pulls', { timeout: 60_000 }, async ({ user }) => {
    const name = await aRepository(ecr.client())
    await user.write('Push.java', PROGRAM.replace('INSECURE', `${scheme === 'http'}`))
    await user.write('base.txt', 'below')
    await user.write('top.txt', 'above')
    if (scheme === 'https')
      await user.sh('keytool -importcert -noprompt -file ca.pem -keystore trust.p12 -storepass changeit')
    const [base, top] = (await user.sh(`jib ${OPTIONS} Push.java $REGISTRY/${name}`)).split('\n')

    expect(await imagesOf(ecr, name)).toMatchObject([
      { imageDigest: base, imageTags: ['base'], imageManifestMediaType: OCI_MANIFEST },
      { imageDigest: top, imageTags: ['top'], imageManifestMediaType: DOCKER_MANIFEST },
    ])
    const { layers } = await jsonOf(registry.send(`/v2/${name}/manifests/top`))
    expect(layers).toHaveLength(2)
    for (const { digest } of layers) {
      await user.write('layer.tar.gz', await registry.getBlob(name, digest))
      await user.sh('tar -xzf layer.tar.gz --one-top-level=pulled')
    }
    await user.sh('cmp base.txt pulled/base.txt && cmp top.txt pulled/top.txt')
  })
})
