"""JetStream streams as their owners want them: created, and put right where they differ."""

from dataclasses import dataclass

from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RePublish, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

DAY = 86_400.0
DUPLICATE_WINDOW = 600.0


@dataclass(frozen=True)
class StreamSpec:
    """A stream: which subjects it keeps, how long (seconds), and where it republishes live."""

    name: str
    subjects: tuple[str, ...]
    keep: float
    max_bytes: int
    replicas: int = 1
    republish: tuple[str, str] | None = None

    def config(self) -> StreamConfig:
        """The stream as JetStream is told: on disk; when full it refuses the new, and never drops the old."""
        return StreamConfig(
            name=self.name,
            subjects=list(self.subjects),
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_age=self.keep,
            max_bytes=self.max_bytes,
            num_replicas=self.replicas,
            duplicate_window=DUPLICATE_WINDOW,
            allow_direct=True,
            republish=RePublish(src=self.republish[0], dest=self.republish[1]) if self.republish else None,
        )


def differences(wanted: StreamConfig, found: StreamConfig) -> list[str]:
    """The names of the settings in which a stream is not as it should be."""
    names = (
        "subjects", "retention", "storage", "discard", "max_age", "max_bytes",
        "num_replicas", "duplicate_window", "allow_direct", "republish",
    )  # fmt: skip
    return [name for name in names if getattr(wanted, name) != getattr(found, name)]


async def reconcile(js: JetStreamContext, spec: StreamSpec) -> None:
    """Make the stream as it should be: create it, or update what differs."""
    wanted = spec.config()
    try:
        found = (await js.stream_info(spec.name)).config
    except NotFoundError:
        await js.add_stream(wanted)
        return
    if differences(wanted, found):
        await js.update_stream(wanted)
