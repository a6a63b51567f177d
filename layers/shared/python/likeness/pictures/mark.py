"""The mark that says "made by AI": IPTC's digital source type in an XMP packet."""

import re
from io import BytesIO
from xml.sax.saxutils import quoteattr

from PIL import Image

TRAINED_ALGORITHMIC_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmp:CreatorTool="Likeness"
    Iptc4xmpExt:AISystemUsed={system}
    Iptc4xmpExt:DigitalSourceType="{source_type}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
_SOURCE_TYPE = re.compile(rb"Iptc4xmpExt:DigitalSourceType(?:=[\"']|>)([^\"'<]+)")


def mark(ai_system: str) -> bytes:
    """Write the packet for a picture that `ai_system` (a model's name) made."""
    system = quoteattr(ai_system)
    return _PACKET.format(system=system, source_type=TRAINED_ALGORITHMIC_MEDIA).encode()


def digital_source_type(data: bytes) -> str | None:
    """Read the mark back from a picture of ours; None when it carries none."""
    with Image.open(BytesIO(data), formats=("WEBP", "JPEG", "PNG")) as picture:
        found = _SOURCE_TYPE.search(picture.info.get("xmp", b""))
    return found[1].decode() if found else None
