"""Who acts for a party is told as the party is, and only while the mandate lasts."""

from __future__ import annotations

from lawyers.lawyers_support import file, lawyer, mandate_id
from notices.notices_support import Inbox, notices, told, with_cip, worked
from procon.settings import Settings
from support.cities import City, citizen
from support.web import Web


async def test_a_lawyer_is_told_with_the_client_and_ends_with_the_mandate(
    web: Web, city: City, settings: Settings, inbox: Inbox
) -> None:
    opened = await with_cip(city, settings)
    advocate = await lawyer(city)
    assert (await file(web, city, advocate, opened.number)).status_code == 303
    await told(city, opened.id, "A audiência foi marcada.", act="Designação de audiência")
    await worked(city, settings)
    subject = f"Designação de audiência: processo {opened.number}"
    [mail] = [
        one
        for one in inbox.mails()
        if one["X-Envelope-To"] == advocate.email and one["Subject"] == subject
    ]
    assert f"http://{city.host}/advogado/processos/{opened.number}" in mail.get_content()
    assert "Olá, Otávio Brandão." in mail.get_content()
    assert "código de acesso" not in mail.get_content()

    path = f"/processos/{opened.number}/avisos"
    page = await web.get(city, "/minha-conta/avisos", actor=advocate)
    assert f'href="/advogado/processos/{opened.number}"' in page.text
    assert (await web.get(city, path, actor=advocate)).status_code == 200

    ended = await web.post(
        city,
        f"/minha-conta/representantes/{await mandate_id(city, advocate)}/revogar",
        actor=citizen(),
    )
    assert ended.status_code == 303
    before = len(await notices(city, opened.id, "consumer"))
    await told(city, opened.id, "A audiência mudou de hora.")
    await worked(city, settings)
    later = (await notices(city, opened.id, "consumer"))[before:]
    assert advocate.email not in {one.address for one in later if one.act == "probe"}
    page = await web.get(city, "/minha-conta/avisos", actor=advocate)
    assert opened.number not in page.text
    assert (await web.get(city, path, actor=advocate)).status_code == 403
