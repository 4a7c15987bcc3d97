"""Areas, subjects and problems of a complaint, and how a person's own words find them.

Codes are ours and never change meaning: cases keep them for years.
"""

from __future__ import annotations

from msgspec import Struct

from procon.kernel.text import search_key


class Area(Struct, frozen=True):
    """A market segment."""

    code: str
    title: str


class Subject(Struct, frozen=True):
    """What the complaint is about. `words` are what people call it."""

    code: str
    area: str
    title: str
    words: str = ""


class Group(Struct, frozen=True):
    """A family of problems. `defect`: the short limits of CDC art. 26 may run."""

    code: str
    title: str
    defect: bool = False


class Problem(Struct, frozen=True):
    """What went wrong."""

    code: str
    group: str
    title: str


AREAS = (
    Area("FIN", "Assuntos financeiros"),
    Area("ESS", "Serviços essenciais"),
    Area("PRI", "Serviços privados"),
    Area("PRO", "Produtos"),
    Area("SAU", "Saúde"),
    Area("HAB", "Habitação"),
    Area("ALI", "Alimentos"),
)

SUBJECTS = (
    Subject(
        "0101", "FIN", "Banco e conta", "conta corrente poupança agência tarifa pacote gerente"
    ),
    Subject("0102", "FIN", "Cartão de crédito", "fatura anuidade limite débito maquininha"),
    Subject("0103", "FIN", "Cartão de loja", "fatura anuidade crediário magazine"),
    Subject("0104", "FIN", "Crédito pessoal", "empréstimo financeira dinheiro juros parcela"),
    Subject(
        "0105", "FIN", "Crédito consignado", "empréstimo desconto folha aposentado inss benefício"
    ),
    Subject("0106", "FIN", "Cartão consignado (RMC)", "reserva de margem desconto aposentado inss"),
    Subject("0107", "FIN", "Financiamento de veículo", "carro moto parcela leasing"),
    Subject("0108", "FIN", "Financiamento imobiliário", "casa apartamento imóvel parcela"),
    Subject("0109", "FIN", "Consórcio", "carta contemplada lance administradora"),
    Subject(
        "0110", "FIN", "Seguro (auto, vida ou residência)", "carro apólice sinistro seguradora"
    ),
    Subject(
        "0111", "FIN", "Previdência privada e título de capitalização", "resgate sorteio pgbl vgbl"
    ),
    Subject("0112", "FIN", "Pix, transferência e meio de pagamento", "golpe boleto ted maquininha"),
    Subject(
        "0113", "FIN", "Nome sujo e score", "negativado negativação spc serasa cadastro protesto"
    ),
    Subject(
        "0114", "FIN", "Cobrança e renegociação de dívida", "cobrador acordo ligações recuperação"
    ),
    Subject(
        "0201",
        "ESS",
        "Energia elétrica",
        "luz conta de luz apagão queda corte poste medidor relógio",
    ),
    Subject("0202", "ESS", "Água e esgoto", "conta de água saneamento vazamento hidrômetro corte"),
    Subject("0203", "ESS", "Gás canalizado", "gás encanado medidor"),
    Subject(
        "0204", "ESS", "Telefonia celular", "plano linha chip operadora recarga sinal portabilidade"
    ),
    Subject("0205", "ESS", "Telefonia fixa", "telefone fixo linha residencial operadora"),
    Subject(
        "0206", "ESS", "Internet fixa", "banda larga fibra wifi provedor modem velocidade roteador"
    ),
    Subject(
        "0207", "ESS", "Internet móvel", "internet do celular dados móveis franquia 4g 5g sinal"
    ),
    Subject("0208", "ESS", "Transporte coletivo", "ônibus metrô trem bilhete passagem vale"),
    Subject("0209", "ESS", "Correios e encomendas", "entrega pacote sedex transportadora extravio"),
    Subject("0301", "PRI", "TV por assinatura", "televisão canais tv a cabo"),
    Subject(
        "0302", "PRI", "Streaming e conteúdo digital", "filme série música assinatura aplicativo"
    ),
    Subject(
        "0303", "PRI", "Escola e faculdade", "mensalidade matrícula diploma colégio universidade"
    ),
    Subject("0304", "PRI", "Curso livre e idiomas", "inglês informática material didático"),
    Subject("0305", "PRI", "Academia", "ginástica musculação mensalidade plano anual"),
    Subject(
        "0306", "PRI", "Transporte aéreo", "avião voo passagem bagagem mala atraso aeroporto milhas"
    ),
    Subject(
        "0307", "PRI", "Agência de viagem e hospedagem", "hotel pacote pousada reserva turismo"
    ),
    Subject("0308", "PRI", "Transporte rodoviário", "ônibus viagem passagem rodoviária bagagem"),
    Subject("0309", "PRI", "Transporte por aplicativo", "corrida motorista carro aplicativo"),
    Subject("0310", "PRI", "Entrega por aplicativo", "delivery comida pedido entregador lanche"),
    Subject("0311", "PRI", "Eventos e ingressos", "show festa teatro ingresso cancelado"),
    Subject("0312", "PRI", "Oficina mecânica", "conserto carro moto mecânico funilaria"),
    Subject("0313", "PRI", "Assistência técnica", "conserto reparo autorizada garantia"),
    Subject("0314", "PRI", "Estética e beleza", "salão cabelo depilação clínica laser"),
    Subject("0315", "PRI", "Estacionamento", "vaga carro manobrista dano"),
    Subject("0316", "PRI", "Bares e restaurantes", "couvert gorjeta consumação lanchonete"),
    Subject("0317", "PRI", "Funerária", "enterro plano funeral cemitério"),
    Subject(
        "0318", "PRI", "Programas, jogos e assinaturas", "software videogame aplicativo licença"
    ),
    Subject(
        "0319", "PRI", "Loja na internet (marketplace)", "site compra online plataforma vendedor"
    ),
    Subject("0401", "PRO", "Aparelho celular ou telefone", "smartphone tela bateria carregador"),
    Subject("0402", "PRO", "Informática", "computador notebook tablet impressora"),
    Subject(
        "0403", "PRO", "Eletrodoméstico", "geladeira fogão máquina de lavar microondas linha branca"
    ),
    Subject("0404", "PRO", "Áudio e vídeo", "televisão tv som fone caixa câmera"),
    Subject("0405", "PRO", "Móveis e colchões", "sofá armário guarda-roupa cama mesa colchão"),
    Subject("0406", "PRO", "Roupas e calçados", "vestuário sapato tênis troca loja"),
    Subject("0407", "PRO", "Veículo novo", "carro moto zero concessionária"),
    Subject("0408", "PRO", "Veículo usado", "carro moto seminovo revenda"),
    Subject("0409", "PRO", "Peças e acessórios", "pneu bateria carro moto autopeças"),
    Subject("0410", "PRO", "Material de construção", "piso tinta cimento porta"),
    Subject("0411", "PRO", "Combustível e gás de cozinha", "gasolina etanol diesel posto botijão"),
    Subject("0412", "PRO", "Brinquedos e artigos infantis", "criança bebê carrinho"),
    Subject("0413", "PRO", "Cosméticos e higiene", "perfume creme maquiagem shampoo"),
    Subject("0501", "SAU", "Plano de saúde", "convênio médico cirurgia exame carência reajuste"),
    Subject("0502", "SAU", "Plano odontológico", "dentista convênio dente"),
    Subject("0503", "SAU", "Hospital, clínica e laboratório", "médico exame consulta internação"),
    Subject("0504", "SAU", "Farmácia e medicamentos", "remédio receita drogaria"),
    Subject("0505", "SAU", "Ótica e próteses", "óculos lente aparelho auditivo"),
    Subject(
        "0601", "HAB", "Imóvel na planta", "apartamento construtora incorporação obra chaves atraso"
    ),
    Subject("0602", "HAB", "Loteamento", "lote terreno"),
    Subject("0603", "HAB", "Imobiliária", "aluguel corretor corretagem casa caução"),
    Subject("0604", "HAB", "Reforma e empreitada", "obra pedreiro pintura construção"),
    Subject("0701", "ALI", "Supermercado", "mercado compra preço gôndola caixa validade"),
    Subject("0702", "ALI", "Padaria, açougue e hortifrúti", "pão carne fruta feira peso balança"),
    Subject(
        "0703", "ALI", "Alimento industrializado", "comida embalagem bebida validade estragado"
    ),
)

GROUPS = (
    Group("G1", "Cobrança"),
    Group("G2", "Contrato e oferta"),
    Group("G3", "Defeito e qualidade", defect=True),
    Group("G4", "Entrega"),
    Group("G5", "Atendimento"),
    Group("G6", "Informação"),
    Group("G7", "Saúde e segurança"),
)

PROBLEMS = (
    Problem("101", "G1", "Cobrança de serviço que não contratei"),
    Problem("102", "G1", "Valor acima do combinado"),
    Problem("103", "G1", "Cobrança em dobro"),
    Problem("104", "G1", "Cobrança depois do cancelamento"),
    Problem("105", "G1", "Tarifa indevida"),
    Problem("106", "G1", "Cobrança que constrange ou ameaça"),
    Problem("107", "G1", "Não devolvem o que paguei"),
    Problem("108", "G1", "Nome negativado sem motivo"),
    Problem("109", "G1", "Cobrança de dívida já paga ou prescrita"),
    Problem("201", "G2", "Oferta não cumprida"),
    Problem("202", "G2", "Propaganda enganosa"),
    Problem("203", "G2", "Venda casada"),
    Problem("204", "G2", "Cláusula abusiva no contrato"),
    Problem("205", "G2", "Mudaram o contrato sem eu aceitar"),
    Problem("206", "G2", "Não deixam cancelar"),
    Problem("207", "G2", "Multa de fidelidade alta demais"),
    Problem("208", "G2", "Não aceitam a desistência em 7 dias"),
    Problem("209", "G2", "Reajuste abusivo"),
    Problem("210", "G2", "Contrato feito sem minha autorização ou por golpe"),
    Problem("211", "G2", "Recusa de venda"),
    Problem("301", "G3", "Produto com defeito"),
    Problem("302", "G3", "Defeito não resolvido em 30 dias"),
    Problem("303", "G3", "Serviço malfeito"),
    Problem("304", "G3", "Falta de peça"),
    Problem("305", "G3", "Garantia negada"),
    Problem("306", "G3", "Quantidade menor que a anunciada"),
    Problem("307", "G3", "Serviço interrompido"),
    Problem("401", "G4", "Não entregaram"),
    Problem("402", "G4", "Entrega atrasada"),
    Problem("403", "G4", "Produto diferente do que pedi"),
    Problem("404", "G4", "Produto danificado no transporte"),
    Problem("405", "G4", "Montagem ou instalação não feita"),
    Problem("501", "G5", "Não consigo falar com o SAC"),
    Problem("502", "G5", "Não deram número de protocolo"),
    Problem("503", "G5", "A ouvidoria não responde"),
    Problem("504", "G5", "Discriminação ou constrangimento"),
    Problem("601", "G6", "Preço ausente ou diferente no caixa"),
    Problem("602", "G6", "Informação insuficiente"),
    Problem("603", "G6", "Não entregaram o contrato"),
    Problem("604", "G6", "Uso indevido dos meus dados"),
    Problem("701", "G7", "Produto vencido"),
    Problem("702", "G7", "Produto impróprio ou contaminado"),
    Problem("703", "G7", "Acidente causado pelo produto ou serviço"),
    Problem("704", "G7", "Recall não atendido"),
)

_SMALL_WORDS = frozenset(
    [
        "a",
        "ao",
        "as",
        "o",
        "os",
        "e",
        "de",
        "do",
        "da",
        "dos",
        "das",
        "em",
        "no",
        "na",
        "nos",
        "nas",
        "um",
        "uma",
        "com",
        "por",
        "para",
        "que",
        "me",
        "meu",
        "minha",
        "nao",
        "foi",
        "eu",
        "ele",
        "ela",
        "se",
        "mas",
        "mais",
        "ja",
        "so",
        "sem",
        "ate",
        "esta",
        "isso",
    ]
)


def search_subjects(text: str, limit: int = 8) -> list[Subject]:
    """Subjects that share words with `text`, the best first; accents and plurals do not matter.

    A word of the title counts more than a synonym; the start of a word (3 letters) is enough.
    Long texts work too: a whole story finds its subject by its rare words.
    """
    wanted = {_stem(word) for word in search_key(text).split() if word not in _SMALL_WORDS}
    indexed = [(one, _stems(one.title), _stems(one.words)) for one in SUBJECTS]
    total = {one.code: 0.0 for one in SUBJECTS}
    for word in wanted:
        scores = {one.code: _score(word, title, words) for one, title, words in indexed}
        # "Casa" speaks of many subjects, "geladeira" of one: the rarer the word, the more it says.
        subjects_of_word = sum(1 for score in scores.values() if score)
        for code, score in scores.items():
            total[code] += score / (subjects_of_word or 1)
    found = [one for one in SUBJECTS if total[one.code]]
    return sorted(found, key=lambda one: (-total[one.code], one.code))[:limit]


def subject_title(code: str) -> str:
    """The subject as people read it; an unknown code reads as itself."""
    return next((subject.title for subject in SUBJECTS if subject.code == code), code)


def problem_title(code: str) -> str:
    """The problem as people read it; an unknown code reads as itself."""
    return next((problem.title for problem in PROBLEMS if problem.code == code), code)


def area_title(code: str) -> str:
    """The area of a subject code, or the code itself."""
    area = next((subject.area for subject in SUBJECTS if subject.code == code), code)
    return next((one.title for one in AREAS if one.code == area), area)


def is_defect(problem_code: str) -> bool:
    """Whether the problem is a defect, so that the limits of CDC art. 26 may run."""
    group = next((one.group for one in PROBLEMS if one.code == problem_code), "")
    return any(one.defect for one in GROUPS if one.code == group)


def _score(word: str, title: set[str], words: set[str]) -> int:
    if word in title:
        return 6
    if word in words:
        return 4
    if len(word) < 3:
        return 0
    if any(one.startswith(word) for one in title):
        return 2
    return 1 if any(one.startswith(word) for one in words) else 0


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in search_key(text).split() if word not in _SMALL_WORDS}


def _stem(word: str) -> str:
    """A word without its plural: cartoes → cartao, celulares → celular, contas → conta."""
    for ending, instead in (("oes", "ao"), ("aes", "ao"), ("res", "r"), ("ais", "al"), ("ns", "m")):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word.removesuffix(ending) + instead
    return word[:-1] if word.endswith("s") and len(word) > 3 else word
