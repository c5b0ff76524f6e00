// What `IMAGE|ROOTFS` turns into.

export interface Image {
  /** As the user wrote it. */
  readonly name: string;
  readonly kind: "base" | "folder";
  /** The root file system: absolute folders that lie over each other, topmost first. Never written to. */
  readonly lower: readonly string[];
  readonly config: ImageConfig;
}

/**
 * The part of the OCI image configuration (image-spec, config.md) that says how a container is started; names as there.
 */
export interface ImageConfig {
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly StopSignal?: string;
}

/** What a program gets that nobody gave an environment: Docker's search path. */
export const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
