"""Invented companies, people and troubles. Any likeness to real ones is chance."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Trouble(Struct, frozen=True):
    """A believable complaint: subject and problem codes, what happened, what is wanted.

    `companies` are trade names of those who sell such things.
    """

    subject: str
    problem: str
    narrative: str
    wish: str
    answer: str
    companies: tuple[str, ...]


FIRST_NAMES = (
    "Adriana", "Antônio", "Beatriz", "Caio", "Célia", "Cláudio", "Daniela", "Edson", "Elaine",
    "Fábio", "Gabriela", "Geraldo", "Helena", "Ivone", "João", "Juliana", "Larissa", "Leandro",
    "Luzia", "Marcelo", "Márcia", "Nair", "Otávio", "Patrícia", "Paulo", "Raimunda", "Renato",
    "Rosângela", "Sebastião", "Sônia", "Tânia", "Vagner", "Vera", "Zilda",
)  # fmt: skip
LAST_NAMES = (
    "Almeida", "Alves", "Barbosa", "Batista", "Cardoso", "Carvalho", "Castro", "Dias",
    "Fernandes", "Ferreira", "Freitas", "Gomes", "Lima", "Lopes", "Machado", "Martins", "Melo",
    "Mendes", "Moreira", "Nunes", "Oliveira", "Pereira", "Pinto", "Ramos", "Ribeiro", "Rocha",
    "Santos", "Silva", "Soares", "Souza", "Teixeira", "Vieira",
)  # fmt: skip
STAFF_NAMES = ("Mirela Fontes", "Rafael Antunes", "Lúcia Prado", "Igor Bastos")
HOURS = "segunda a sexta, das 8h às 17h"
SERVICE_POINTS: tuple[tuple[str, Literal["fixo", "movel"], str], ...] = (
    ("Posto central", "fixo", "Praça da Matriz, 100"),
    ("Posto da rodoviária", "fixo", "Terminal Rodoviário, loja 12"),
    ("Unidade móvel", "movel", "Cada semana em um bairro"),
)
COMPANIES = (
    ("Lojas Sabiá Eletro S.A.", "Sabiá"), ("Magazine Ipê Comércio Ltda.", "Ipê"),
    ("Telefonia Aurora S.A.", "Aurora Celular"), ("Conecta Serra Internet Ltda.", "ConectaSerra"),
    ("Banco Ponte Nova S.A.", "Ponte Nova"), ("Financeira Boa Vista do Vale S.A.", "BV do Vale"),
    ("Energia do Planalto S.A.", "Enerplan"), ("Águas do Ribeirão S.A.", "Ribeirão"),
    ("Saúde Plena Operadora Ltda.", "Saúde Plena"), ("Odonto Sorria Planos Ltda.", "Sorria"),
    ("Viagens Rumo Leste Ltda.", "Rumo Leste"), ("Aérea Tucano S.A.", "Tucano"),
    ("Supermercados Bom Preço da Praça Ltda.", "Bom Preço da Praça"),
    ("Mercado Família Unida Ltda.", "Família Unida"), ("Móveis Jacarandá Ltda.", "Jacarandá"),
    ("Colchões Sono Leve Ltda.", "Sono Leve"), ("Academia Corpo em Dia Ltda.", "Corpo em Dia"),
    ("Colégio Novo Saber Ltda.", "Novo Saber"), ("Idiomas Fala Mundo Ltda.", "Fala Mundo"),
    ("Veículos Estrada Real Ltda.", "Estrada Real"), ("Oficina Mão na Graxa Ltda.", "Mão na Graxa"),
    ("Streaming Tela Grande Ltda.", "Tela Grande"), ("Entregas Já Chegou Ltda.", "Já Chegou"),
    ("Mobilidade Vai Junto Ltda.", "Vai Junto"), ("Consórcio Meta Certa Ltda.", "Meta Certa"),
    ("Seguros Porto Manso S.A.", "Porto Manso"), ("Ótica Boa Visão Ltda.", "Boa Visão"),
    ("Farmácias Vida e Saúde S.A.", "Vida e Saúde"), ("Construtora Teto Firme Ltda.", "Teto Firme"),
    ("Imobiliária Chave na Mão Ltda.", "Chave na Mão"),
    ("Material Casa Pronta Ltda.", "Casa Pronta"),
    ("Brinquedos Pipa Ltda.", "Pipa"), ("Cosméticos Flor de Lótus Ltda.", "Flor de Lótus"),
    ("Celulares Toque Final Ltda.", "Toque Final"), ("Informática Bit a Bit Ltda.", "Bit a Bit"),
    ("Modas Alinhavo Ltda.", "Alinhavo"), ("Eventos Noite Clara Ltda.", "Noite Clara"),
    ("Estacionamentos Vaga Livre Ltda.", "Vaga Livre"),
    ("Cobranças Recupera Já Ltda.", "Recupera Já"),
    ("Marketplace Feira Aberta S.A.", "Feira Aberta"),
)  # fmt: skip
TROUBLES = (
    Trouble(
        "0403",
        "401",
        "Comprei uma geladeira no dia da promoção e paguei à vista. Prometeram entregar em dez"
        " dias. Já passou mais de um mês e cada vez que ligo dão uma data nova.",
        "Quero receber a geladeira ou o meu dinheiro de volta.",
        "Houve falta do produto no centro de distribuição. A entrega foi marcada para os próximos"
        " cinco dias úteis e o frete será devolvido.",
        ("Sabiá", "Ipê", "Feira Aberta"),
    ),
    Trouble(
        "0206",
        "307",
        "A internet cai todos os dias à noite. Trabalho em casa e fico sem conseguir entregar o"
        " serviço. Já vieram dois técnicos e nada mudou.",
        "Quero o conserto e o desconto dos dias sem internet.",
        "Trocamos o equipamento e lançamos na próxima fatura o desconto dos dias sem serviço.",
        ("ConectaSerra", "Aurora Celular"),
    ),
    Trouble(
        "0102",
        "101",
        "Apareceu na fatura do cartão um seguro que nunca pedi. Liguei para cancelar e disseram"
        " que eu autorizei por telefone, mas não mostram a gravação.",
        "Quero o cancelamento e a devolução do que paguei.",
        "O seguro foi cancelado e os valores cobrados voltam em dobro na próxima fatura.",
        ("Ponte Nova", "BV do Vale"),
    ),
    Trouble(
        "0201",
        "102",
        "A conta de luz veio três vezes maior que a dos outros meses. Ficamos viajando e a casa"
        " estava vazia. Pedi a revisão e não responderam.",
        "Quero que refaçam a leitura e corrijam a conta.",
        "A leitura foi refeita no local. O valor correto segue em nova conta, sem multa.",
        ("Enerplan",),
    ),
    Trouble(
        "0401",
        "302",
        "O celular parou de carregar com dois meses de uso. Está na assistência há mais de"
        " quarenta dias e dizem que falta a peça.",
        "Quero um aparelho novo ou o dinheiro de volta.",
        "Como o prazo de conserto passou, oferecemos a troca por aparelho igual ou superior.",
        ("Toque Final", "Bit a Bit", "Ipê"),
    ),
    Trouble(
        "0306",
        "107",
        "O voo foi cancelado pela empresa e pedi o reembolso. Mandaram esperar sete dias, depois"
        " trinta, e agora não atendem mais.",
        "Quero o valor das passagens de volta, corrigido.",
        "O reembolso foi processado e entra na conta informada em até sete dias.",
        ("Tucano", "Rumo Leste"),
    ),
    Trouble(
        "0305",
        "207",
        "Pedi para cancelar a academia porque mudei de bairro e querem cobrar metade de tudo o que"
        " falta do contrato.",
        "Quero cancelar sem essa multa.",
        "Propomos reduzir a multa a dez por cento do que falta, conforme o contrato revisto.",
        ("Corpo em Dia",),
    ),
    Trouble(
        "0501",
        "206",
        "Pedi o cancelamento do plano de saúde três vezes e continuam descontando na minha conta.",
        "Quero o cancelamento desde o primeiro pedido e o dinheiro de volta.",
        "O cancelamento vale desde a data do primeiro pedido. A devolução sai em dez dias.",
        ("Saúde Plena", "Sorria"),
    ),
    Trouble(
        "0701",
        "601",
        "O preço na prateleira era um e no caixa passou outro, mais caro. Reclamei na hora e o"
        " gerente disse que vale o do sistema.",
        "Quero a diferença de volta e que arrumem os preços.",
        "Pedimos desculpas. A diferença está à disposição na loja e as etiquetas foram conferidas.",
        ("Bom Preço da Praça", "Família Unida"),
    ),
    Trouble(
        "0405",
        "403",
        "O sofá chegou de outra cor e com um rasgo no encosto. Mandei fotos e pediram para eu"
        " mesmo levar até a loja.",
        "Quero a troca com retirada em casa.",
        "A retirada e a troca foram marcadas, sem custo, para a data escolhida pelo cliente.",
        ("Jacarandá", "Sono Leve", "Casa Pronta"),
    ),
    Trouble(
        "0202",
        "102",
        "A conta de água dobrou de um mês para o outro e não há vazamento em casa. Pedi a vistoria"
        " e disseram que é o consumo.",
        "Quero a vistoria do hidrômetro e a conta revista.",
        "O hidrômetro foi trocado e as duas últimas contas foram refeitas pela média.",
        ("Ribeirão",),
    ),
    Trouble(
        "0303",
        "206",
        "Tirei minha filha da escola no meio do ano e continuam mandando as mensalidades. Entreguei"
        " o pedido por escrito na secretaria.",
        "Quero o fim das cobranças e a baixa das mensalidades.",
        "As mensalidades depois do pedido foram baixadas e o nome não foi negativado.",
        ("Novo Saber", "Fala Mundo"),
    ),
    Trouble(
        "0408",
        "301",
        "Comprei um carro usado e o motor deu defeito na primeira semana. A loja diz que não cobre"
        " porque é usado.",
        "Quero o conserto pago pela loja.",
        "A loja paga o conserto do motor na oficina indicada e dá garantia de noventa dias.",
        ("Estrada Real", "Mão na Graxa"),
    ),
    Trouble(
        "0310",
        "403",
        "Pedi o almoço pelo aplicativo, veio outro prato e frio. O aplicativo encerrou a conversa"
        " sem resolver.",
        "Quero o valor do pedido de volta.",
        "O valor do pedido foi devolvido no mesmo meio de pagamento.",
        ("Já Chegou", "Vai Junto"),
    ),
    Trouble(
        "0114",
        "106",
        "Ligam dez vezes por dia, também para o meu trabalho, por uma dívida que já paguei. Tenho"
        " o comprovante.",
        "Quero que parem de ligar e tirem meu nome do cadastro.",
        "A dívida consta como paga. O número foi retirado da lista e o cadastro, corrigido.",
        ("Recupera Já", "Meta Certa"),
    ),
)
