"""The PDFs of issued documents: made once of the frozen content, stored with their SHA-256, served as stored."""

import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from hashlib import sha256
from itertools import chain

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, models, transaction

from contracts.printing import stored_files
from contracts.printing.papers import is_being_printed, printing, why_unprinted
from contracts.printing.pdf import AT_ONCE, PdfUnavailable, RenderedPdf
from contracts.refusal import Refusal
from contracts.sealing.digest import canonical_sha256
from contracts.sealing.frozen import FrozenModel

logger = logging.getLogger(__name__)
Order = Callable[[Callable[[Mapping], RenderedPdf], Mapping], Future[RenderedPdf]]
"""Has content printed by a function, and returns what will be the PDF."""


class CannotPrint(Refusal):
    """A PDF cannot be made or served; the message says why and what to do."""


class StoredPdf(FrozenModel):
    """The one PDF of an issued document, kept as a file. Who inherits it adds the seal and the key to the document."""

    file_name = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    pages = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self):
        return self.file_name

    @property
    def has_file(self) -> bool:
        """Whether its file is in its folder."""
        return stored_files.path_of(self.file_name).exists()

    @property
    def title(self) -> str:
        """The number or title of its document, as its file is named."""
        return self.file_name.partition(".")[0]

    def is_known(self) -> bool:
        """Tell whether the folder of documents knows it; raises OSError where a ledger in it cannot be read."""
        raise NotImplementedError


def unknown_title() -> str:
    """Return a document, by its title, whose PDF was stored and that the folder of documents does not know.

    Empty where it knows all: asked are the first and the last PDF of each kind that was stored, for the folder is gone,
    or an older or another one. Raises OSError where a ledger is there and cannot be read.
    """
    kinds = [model for model in apps.get_models() if issubclass(model, StoredPdf)]
    return next((pdf.title for kind in kinds for pdf in _first_and_last(kind) if not pdf.is_known()), "")


def _first_and_last(kind: type[StoredPdf]) -> models.QuerySet:
    pks = kind.objects.order_by("pk").values("pk")
    ends = models.Q(pk=models.Subquery(pks[:1])) | models.Q(pk=models.Subquery(pks.reverse()[:1]))
    return kind.objects.filter(ends).order_by("pk")


class PdfState(Enum):
    """What has become of the PDF of an issued document, in a sentence about it."""

    ON_FILE = "Its PDF is on file."
    BEING_MADE = "Its PDF is being made."
    NOT_MADE = "Its PDF is not made: its printing failed or was broken off. Make it on the page of the document."


@dataclass(frozen=True)
class PdfResult:
    """What became of one document that had no PDF: its PDF, or the sentence that says why there is none."""

    document: models.Model
    pdf: StoredPdf | None = None
    refusal: str = ""


def read_file(pdf: StoredPdf, *, remedy: str = "Ask an administrator to make it again") -> bytes:
    """Return the file of a PDF exactly as it was stored; `remedy` is what to do about one that is missing.

    Raises CannotPrint when it is missing, cannot be read, or is not the one that was stored: the message goes on after
    the name of the file.
    """
    path = stored_files.path_of(pdf.file_name)
    try:
        data = path.read_bytes() if path.stat().st_size == pdf.size else None
    except OSError as fault:
        reason = "is missing" if isinstance(fault, FileNotFoundError) else f"cannot be read ({fault.strerror})"
        raise CannotPrint(f"{reason}. {remedy}, or put it back from a backup.") from None
    if data is None or sha256(data).hexdigest() != pdf.sha256:
        raise CannotPrint("is not the one that was stored. Put it back from a backup.")
    return data


def file_fault(pdf: StoredPdf, *, remedy: str) -> str:
    """Return what is wrong with the file of a PDF and what to do, as it follows the file's name; empty when nothing."""
    try:
        read_file(pdf, remedy=remedy)
    except CannotPrint as fault:
        return str(fault)
    return ""


@dataclass(frozen=True)
class StoredPdfs:
    """The PDFs of one kind of document. Its rows have `issued_on`, and once it is set `content` and `content_sha256`.

    `model` holds the PDFs and leads to their documents by `key`; `title` names the file of a document, `render` prints
    frozen content, and `command` makes what is missing. A row is stored inside `queue`, and then handed to `after`.
    """

    model: type[StoredPdf]
    key: str
    command: str
    title: Callable[[models.Model], str]
    render: Callable[[Mapping], RenderedPdf]
    queue: Callable[[], AbstractContextManager] = nullcontext
    after: Callable[[StoredPdf], None] | None = None

    def make(self, document: models.Model) -> StoredPdf:
        """Make and store the PDF of an issued document from its frozen content; return the stored one if there is one.

        Safe to repeat, and in two processes at once: the first one prints, the others wait and return what it stored. A
        stored file that was lost is made again if it comes out the same to the byte. Raises CannotPrint for a draft, or
        where content or file are not what they were.
        """
        return _last(self._making(document, _at_once))

    def make_now(self, document: models.Model) -> StoredPdf:
        """Do what `make` does for somebody who waits; whatever fails raises CannotPrint, in words for a reader."""
        try:
            return self.make(document)
        except PdfUnavailable as fault:
            raise CannotPrint(why_unprinted(fault)) from fault
        except OSError as fault:
            logger.exception("The PDF of %s cannot be stored", document)
            raise CannotPrint(f"The PDF cannot be stored ({fault.strerror}). Ask an administrator.") from fault

    def is_made(self, document: models.Model) -> bool:
        """Tell whether the PDF of a document is on file."""
        pdf = self._of(document)
        return pdf is not None and pdf.has_file

    def state_of(self, document: models.Model) -> PdfState:
        """Tell what has become of the PDF of an issued document: on file, ordered or in print, or given up."""
        if is_being_printed(self._order(document)) or is_being_printed(self._paper(document)):
            return PdfState.BEING_MADE
        return PdfState.ON_FILE if self.is_made(document) else PdfState.NOT_MADE

    @contextmanager
    def ordered(self, document: models.Model) -> Iterator[None]:
        """Count the PDF of a document as being made until the block ends: from before others see that it is issued."""
        with ExitStack() as order:
            with suppress(OSError):  # it is issued all the same, and its PDF may still be made
                order.enter_context(printing(self._order(document), waits=True))
            yield

    def _order(self, document: models.Model) -> str:
        return f"{self._paper(document)}-ordered"

    def _paper(self, document: models.Model) -> str:
        return f"{self.key}-{document.pk}"

    def _making(self, document: models.Model, order: Order) -> Iterator[StoredPdf | None]:
        """Have the PDF of a document printed while others are kept from it; then wait for it, store it and return it.

        The first step is over where None is returned.
        """
        with ExitStack() as lock:
            if not self.is_made(document):
                lock.enter_context(printing(self._paper(document), waits=True))
            if self.is_made(document):
                yield self._of(document)
                return
            document = self._documents.get(pk=document.pk)
            printed = order(self.render, frozen_content(document))
            yield None
            yield self._store(document, printed.result())

    def _store(self, document: models.Model, printed: RenderedPdf) -> StoredPdf:
        pdf, digest = self._of(document), sha256(printed.data).hexdigest()
        if pdf is not None:
            return _put_back(pdf, printed.data, digest)
        file_name = stored_files.stored_name(self.title(document), digest)
        stored_files.keep(file_name, printed.data)
        return self._record(document, file_name=file_name, digest=digest, printed=printed)

    def make_missing(self) -> list[PdfResult]:
        """Make the PDF of each issued document that has none or whose file was lost; one failure stops no other.

        As many are printed at the same time as there are processors. Files that a crash left unfinished are swept away.
        """
        stored_files.sweep()
        without = self._documents.filter(issued_on__isnull=False, pdf=None).order_by("pk").values_list("pk", flat=True)
        kept = {entry.name for entry in os.scandir(settings.DOCUMENTS_DIR)} if settings.DOCUMENTS_DIR.exists() else ()
        stored = self.model.objects.order_by("pk").values_list(self.key, "file_name")
        lost = [key for key, file_name in stored.iterator() if file_name not in kept]
        results: list[PdfResult] = []
        with ThreadPoolExecutor(AT_ONCE) as presses:
            begun: deque[Iterator[PdfResult | None]] = deque()
            for key in sorted({*without, *lost}):  # all in one order: two batches never wait for one another
                if len(begun) == 2 * AT_ONCE:  # one in print and one ready for each processor, and no more in memory
                    results.append(_last(begun.popleft()))
                result = self._result(key, presses.submit)
                begun.append(chain([next(result)], result))
            results.extend(map(_last, begun))
        return results

    def read(self, document: models.Model) -> bytes:
        """Return the stored PDF of an issued document, exactly as it was made.

        Raises CannotPrint when there is none yet, or when the file is missing or is not the one that was stored.
        """
        pdf = self._of(document)
        if pdf is None:
            if self.state_of(document) is PdfState.BEING_MADE:
                raise CannotPrint(f"The PDF of {document} is being made. Look again in a minute.")
            raise CannotPrint(f"The PDF of {document} is not made: its printing failed or was broken off.")
        try:
            return read_file(pdf)
        except CannotPrint as fault:
            raise CannotPrint(f"The PDF of {document}, {pdf.file_name}, {fault}") from None

    @property
    def _documents(self) -> models.Manager:
        return self.model._meta.get_field(self.key).related_model.objects

    def _of(self, document: models.Model) -> StoredPdf | None:
        return self.model.objects.filter(**{self.key: document.pk}).first()

    def _record(self, document: models.Model, *, file_name: str, digest: str, printed: RenderedPdf) -> StoredPdf:
        values = {self.key: document, "sha256": digest, "size": len(printed.data), "pages": printed.pages}
        try:
            with self.queue(), transaction.atomic():
                stored = self.model.objects.create(file_name=file_name, **values)
        except IntegrityError:
            stored = self._of(document)
            if stored is None:
                raise
        else:
            if self.after is not None:
                transaction.on_commit(partial(self.after, stored))
        if stored.file_name != file_name:
            stored_files.path_of(file_name).unlink(missing_ok=True)
        return stored

    def _result(self, key: int, order: Order) -> Iterator[PdfResult | None]:
        document = self._documents.defer("content").get(pk=key)
        try:
            for pdf in self._making(document, order):
                yield pdf and PdfResult(document, pdf)
        except (CannotPrint, PdfUnavailable) as refused:
            yield PdfResult(document, None, str(refused))
        except Exception as error:
            logger.exception("The PDF of %s could not be made", document)
            yield PdfResult(document, None, f"{type(error).__name__}: {error}")


def _last(steps: Iterator) -> StoredPdf | PdfResult:
    *_, result = steps
    return result


def _at_once(render: Callable[[Mapping], RenderedPdf], content: Mapping) -> Future[RenderedPdf]:
    printed: Future[RenderedPdf] = Future()
    printed.set_result(render(content))
    return printed


def frozen_content(document: models.Model) -> dict:
    """Return what an issued document shows. Raises CannotPrint for a draft, or where it is not what was issued."""
    if document.issued_on is None:
        raise CannotPrint(f"{document} has no PDF to keep before it is issued.")
    if canonical_sha256(document.content) != document.content_sha256:
        raise CannotPrint(
            f"{document}: the content in the database is not the one that was issued. Compare it with a backup."
        )
    return document.content


def _put_back(pdf: StoredPdf, data: bytes, digest: str) -> StoredPdf:
    if digest != pdf.sha256:
        raise CannotPrint(
            f"{pdf.file_name} is missing and does not come out the same when it is made again. "
            f"Put it back into {settings.DOCUMENTS_DIR} from a backup."
        )
    stored_files.keep(pdf.file_name, data)
    return pdf
